import { Button, Stack, Text } from "@mantine/core";
import { useMayChange } from "../auth/useMe";
import { usePause } from "../integrations/usePause";
import { Icon } from "../ui/icons";
import { ProblemAlert } from "../ui/ProblemAlert";
import { useKnown } from "./Dashboard";
import { Section } from "./Section";

/** Holds syncing up for a while; the banner above the tabs lets it go on. */
export function Pause() {
  const { connection } = useKnown();
  const mayChange = useMayChange();
  const pause = usePause();
  if (!mayChange || connection.enabled?.pause.sync) return null;
  return (
    <Section title="Pause">
      <Stack gap="sm" align="flex-start">
        <Text size="sm">
          While paused, nothing is read from ConnectWise: not by the schedule, not by callbacks, not by hand.
          No change is lost: what happens meanwhile is read after resuming.
        </Text>
        {pause.isError && <ProblemAlert error={pause.error} />}
        <Button
          variant="default"
          leftSection={<Icon name="pause" size={18} />}
          loading={pause.isPending}
          onClick={() => pause.mutate(true)}
        >
          Pause syncing
        </Button>
      </Stack>
    </Section>
  );
}
