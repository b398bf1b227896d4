import { Button, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { take } from "../api/client";
import { useServices } from "../api/context";
import { keys } from "../api/queries";
import type { DataType, Run } from "../api/types";
import { useMayChange } from "../auth/useMe";
import { usePaused } from "../integrations/usePause";
import { useSync } from "../runs/useSync";
import { Confirm } from "../ui/Confirm";
import { MoreMenu } from "../ui/MoreMenu";
import { pausedNote } from "./PausedBanner";

/** What can be done with a data type. */
export function TypeActions({ type, run }: { type: DataType; run?: Run }) {
  const mayChange = useMayChange();
  const paused = usePaused();
  const sync = useSync();
  const [resetting, { open, close }] = useDisclosure(false);
  const modes = [
    { label: "Read everything again", mode: "full" as const },
    { label: "Look for what is gone", mode: "reconcile" as const },
  ];
  return (
    <div className="actions">
      <Button
        variant="default"
        disabled={!mayChange || paused || run?.active}
        aria-describedby={paused ? pausedNote : undefined}
        loading={sync.isPending}
        onClick={() => sync.mutate({ types: [type.type] })}
      >
        Sync<span className="visually-hidden"> {type.label}</span>
      </Button>
      <MoreMenu label={`More for ${type.label}`} disabled={!mayChange}>
        {(done) => (
          <>
            {modes.map(({ label, mode }) => (
              <Button
                key={mode}
                variant="subtle"
                disabled={paused}
                onClick={() => {
                  done();
                  sync.mutate({ types: [type.type], mode });
                }}
              >
                {label}
              </Button>
            ))}
            <Button
              variant="subtle"
              color="red"
              onClick={() => {
                done();
                open();
              }}
            >
              Force reset
            </Button>
          </>
        )}
      </MoreMenu>
      <ForceReset type={type} opened={resetting} close={close} />
    </div>
  );
}

function ForceReset({ type, opened, close }: { type: DataType; opened: boolean; close: () => void }) {
  const { api } = useServices();
  const client = useQueryClient();
  const reset = useMutation({
    mutationFn: () =>
      take(api.POST("/v1/data-types/{type}/reset", { params: { path: { type: type.type } } })),
    onSuccess: () => {
      close();
      notifications.show({ color: "teal", message: `${type.label} can be synced again.` });
    },
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: keys.types }),
        client.invalidateQueries({ queryKey: keys.runs }),
      ]),
  });
  return (
    <Confirm
      opened={opened}
      title={`Force reset of ${type.label.toLowerCase()}?`}
      action="Force reset"
      color="red"
      busy={reset.isPending}
      error={reset.error}
      onConfirm={() => reset.mutate()}
      onClose={close}
    >
      <Stack gap="xs">
        <Text>
          Ends whatever sync of this type is under way, so that a new one can start. No record is removed.
        </Text>
        <Text>You rarely need this: a sync that was interrupted goes on by itself within a few minutes.</Text>
      </Stack>
    </Confirm>
  );
}
