import { Button, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { take } from "../api/client";
import { useServices } from "../api/context";
import { keys } from "../api/queries";
import type { Run } from "../api/types";
import { useMayChange } from "../auth/useMe";
import { Confirm } from "../ui/Confirm";

/** Ends a run where it stands, after asking. */
export function CancelRun({ run, label }: { run: Run; label: string }) {
  const { api } = useServices();
  const client = useQueryClient();
  const mayChange = useMayChange();
  const [opened, { open, close }] = useDisclosure(false);
  const cancel = useMutation({
    mutationFn: () => take(api.POST("/v1/runs/{id}/cancel", { params: { path: { id: run.id } } })),
    onSuccess: close,
    onSettled: () => {
      void client.invalidateQueries({ queryKey: keys.runs });
      void client.invalidateQueries({ queryKey: keys.types });
    },
  });
  if (!run.active) return null;
  return (
    <>
      <Button variant="default" onClick={open} disabled={!mayChange}>
        Cancel
        <span className="visually-hidden"> the sync of {label}</span>
      </Button>
      <Confirm
        opened={opened}
        title={`Cancel the sync of ${label}?`}
        action="Cancel the sync"
        color="red"
        busy={cancel.isPending}
        error={cancel.error}
        onConfirm={() => cancel.mutate()}
        onClose={close}
      >
        <Text>
          The sync ends where it stands. Records that it kept stay. You can start it again at any time.
        </Text>
      </Confirm>
    </>
  );
}
