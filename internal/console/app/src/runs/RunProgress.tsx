import { Alert, Group, Progress, Stack, Text } from "@mantine/core";
import type { Run } from "../api/types";
import { usePaused } from "../integrations/usePause";
import { formatNumber } from "../ui/format";
import { Icon } from "../ui/icons";
import { Counts } from "./Counts";
import { StateBadge } from "./StateBadge";
import { percent, wordsOf } from "./words";

/** A run as it stands: how far, how many of what, and why not if it failed. */
export function RunProgress({ run, label, waitsFor }: { run: Run; label: string; waitsFor?: string }) {
  const done = percent(run);
  const paused = usePaused();
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <StateBadge run={run} />
        <Text size="sm" c="dimmed">
          {done === null && !paused ? progressWords(run, waitsFor) : `${done ?? 0} %`}
        </Text>
      </Group>
      <Progress.Root size="lg">
        <Progress.Section
          value={done ?? 0}
          animated={run.active && !paused}
          color={wordsOf(run.state, paused).color}
          aria-label={`Progress of ${label}`}
        />
      </Progress.Root>
      <Counts counts={run.counts} expected={run.expected} />
      {run.failure && (
        <Alert color={run.active ? "orange" : "red"} icon={<Icon name="alert" />} title={run.failure.message}>
          {run.failure.remedy}
        </Alert>
      )}
    </Stack>
  );
}

function progressWords(run: Run, waitsFor: string | undefined): string {
  if (run.state === "queued") return waitsFor ? `Begins when ${waitsFor} are done` : "Begins in a moment";
  if (!run.active) return "";
  return `${formatNumber(run.counts.read)} read so far`;
}
