import { Alert, Button, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { Former } from "../api/types";
import { useMayChange } from "../auth/useMe";
import { Who } from "../auth/Who";
import { Confirm } from "../ui/Confirm";
import { formatTime } from "../ui/format";
import { Icon } from "../ui/icons";
import { formerWords } from "./former";
import { useDisconnect } from "./useDisconnect";

/** What became of a connection that was taken down, and what remains of it at ConnectWise. */
export function FormerNote({ former }: { former: Former }) {
  const mayChange = useMayChange();
  return (
    <Stack gap="sm">
      <Alert role="status" color="gray" icon={<Icon name="info" />} title={formerWords(former).title}>
        <Stack gap="xs" align="flex-start">
          <Text size="sm">
            {former.site}, company {former.companyId}, was disconnected {formatTime(former.at)} by{" "}
            <Who id={former.by} />. {formerWords(former).says}
          </Text>
          {mayChange && former.state === "kept" && <EraseKept former={former} />}
        </Stack>
      </Alert>
      {former.warning && (
        <Alert color="orange" icon={<Icon name="alert" />} title="Callbacks remain in ConnectWise">
          {former.warning.message} {former.warning.remedy}
        </Alert>
      )}
    </Stack>
  );
}

/** Erases what was kept at first. */
function EraseKept({ former }: { former: Former }) {
  const [opened, { open, close }] = useDisclosure(false);
  const disconnect = useDisconnect();
  return (
    <>
      <Button variant="default" onClick={open}>
        Erase it
      </Button>
      <Confirm
        opened={opened}
        title="Erase what was kept?"
        action="Erase it"
        color="red"
        busy={disconnect.isPending}
        error={disconnect.error}
        onConfirm={() => disconnect.mutate(false, { onSuccess: close })}
        onClose={close}
      >
        <Text>
          Everything that was synced from {former.site}, company {former.companyId}, is erased here. This
          cannot be undone. Nothing is changed in ConnectWise.
        </Text>
      </Confirm>
    </>
  );
}
