import { Alert, Button, Stack, Text } from "@mantine/core";
import { useMayChange } from "../auth/useMe";
import { Who } from "../auth/Who";
import type { Known } from "../integrations/useConnection";
import { usePause } from "../integrations/usePause";
import { formatTime } from "../ui/format";
import { Icon } from "../ui/icons";
import { ProblemAlert } from "../ui/ProblemAlert";

/** The id of the sentence that says why syncs cannot be started. */
export const pausedNote = "paused-note";

/** Says on every tab that nothing is read, and lets it go on. */
export function PausedBanner({ connection }: Pick<Known, "connection">) {
  const mayChange = useMayChange();
  const pause = usePause();
  const now = connection.enabled?.pause;
  if (!now?.sync) return null;
  return (
    <Alert mb="md" role="status" color="orange" icon={<Icon name="pause" />} title="Syncing is paused">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">
          {now.by && now.at && (
            <>
              Paused {formatTime(now.at)} by <Who id={now.by} />.{" "}
            </>
          )}
          Nothing is read from ConnectWise. Syncs under way wait where they stand; what changes meanwhile is
          read after resuming.
        </Text>
        {pause.isError && <ProblemAlert error={pause.error} />}
        {mayChange && (
          <Button loading={pause.isPending} onClick={() => pause.mutate(false)}>
            Resume syncing
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
