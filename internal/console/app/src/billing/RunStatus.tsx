import { Alert, Badge, Progress, Stack, Text } from "@mantine/core";
import type { PostingRun } from "../api/types";
import { Who } from "../auth/Who";
import { formatTime } from "../ui/format";
import { Icon } from "../ui/icons";
import { countWords, runWords } from "./words";

const clock = new Intl.DateTimeFormat("en", { timeStyle: "short" });

/** A posting or preview as it stands: who asked, how far it is, what it waits for, why it failed. */
export function RunStatus({ run, name }: { run: PostingRun; name: string }) {
  const words = runWords(run);
  const working = run.state === "running" && !run.waitsTill;
  return (
    <Stack gap="xs">
      <div className="state" role="status">
        <Badge color={words.color} variant="light" tt="none">
          {words.label}
        </Badge>
        <Text size="sm" c="dimmed">
          {formatTime(run.askedAt)} by <Who id={run.by} />
          {run.confirmedBy && (
            <>
              , confirmed by <Who id={run.confirmedBy} />
            </>
          )}
        </Text>
      </div>
      {working && (
        <Progress.Root>
          <Progress.Section value={100} animated aria-label={`${name} is under way`} />
        </Progress.Root>
      )}
      {(run.mode === "post" || run.active) && run.state !== "needs_confirmation" && (
        <Text size="sm">{run.mode === "post" ? countWords(run) : lookedAt(run)}</Text>
      )}
      {run.waitsTill && run.state === "running" && (
        <Alert color="orange" icon={<Icon name="info" />} title="Waiting for ConnectWise">
          ConnectWise did not answer for some lines, so it is not known whether it did what it was told. They
          are looked for again at {clock.format(new Date(run.waitsTill))}, before anything is sent again. You
          need not do anything, and nothing is sent twice.
        </Alert>
      )}
      {run.failure && (
        <Alert color={run.active ? "orange" : "red"} icon={<Icon name="alert" />} title={run.failure.message}>
          {run.failure.remedy} {run.active && "It is tried again by itself."}
        </Alert>
      )}
    </Stack>
  );
}

const lookedAt = ({ counts }: PostingRun) =>
  `${counts.series} lines on ${counts.agreements} agreements looked at so far. Nothing is written.`;
