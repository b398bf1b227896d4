import { Button, Modal, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { useServices } from "../api/context";

/** Asks to sign in again, in a window of its own: what was typed on the page stays. */
export function SessionEnded() {
  const { session } = useServices();
  const ended = useSyncExternalStore(session.subscribe, session.ended);
  const client = useQueryClient();
  const again = useMutation({
    mutationFn: () => session.again(),
    onSuccess: () => client.invalidateQueries(),
  });
  return (
    <Modal opened={ended} onClose={() => undefined} withCloseButton={false} title="Your session ended">
      <Stack>
        <Text>Sign in again to go on. A small window opens for it; what you typed here stays.</Text>
        {again.isError && (
          <Text role="alert" c="var(--mantine-color-error)">
            The sign-in was not finished. If no window opened, allow pop-ups for this site, then try again.
          </Text>
        )}
        <Button data-autofocus loading={again.isPending} onClick={() => again.mutate()}>
          Sign in again
        </Button>
      </Stack>
    </Modal>
  );
}
