import { Alert, Button, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMayChange } from "../auth/useMe";
import { Confirm } from "../ui/Confirm";
import { Icon } from "../ui/icons";
import { ProblemAlert } from "../ui/ProblemAlert";
import { usePausePostings } from "./usePostings";

/** Says that nothing is posted, and lets it go on. */
export function PausedPostings({ paused }: { paused: boolean }) {
  const mayChange = useMayChange();
  const pause = usePausePostings();
  if (!paused) return null;
  return (
    <Alert mb="md" role="status" color="orange" icon={<Icon name="pause" />} title="Postings are paused">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">
          Nothing is written to agreements. Reports still come in and previews still work. After resuming, the
          period that is open then is posted; nothing is posted for periods that were invoiced meanwhile.
        </Text>
        {pause.isError && <ProblemAlert error={pause.error} />}
        {mayChange && (
          <Button loading={pause.isPending} onClick={() => pause.mutate(false)}>
            Resume postings
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** Holds all postings. */
export function PausePostings() {
  const [opened, { open, close }] = useDisclosure(false);
  const pause = usePausePostings();
  return (
    <>
      <Button variant="default" leftSection={<Icon name="pause" size={18} />} onClick={open}>
        Pause postings
      </Button>
      <Confirm
        opened={opened}
        title="Pause postings?"
        action="Pause"
        busy={pause.isPending}
        error={pause.error}
        onConfirm={() => pause.mutate(true, { onSuccess: close })}
        onClose={close}
      >
        <Text>
          Nothing is written to agreements until somebody resumes. Lines in ConnectWise stay as they are and
          are invoiced with their present quantities: what is not posted before a period is invoiced is not
          billed for it.
        </Text>
      </Confirm>
    </>
  );
}
