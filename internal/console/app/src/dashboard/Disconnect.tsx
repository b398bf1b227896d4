import { Button, List, Radio, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";
import { useNavigate } from "react-router";
import { to } from "../app/paths";
import { useMayChange } from "../auth/useMe";
import { OpenLines } from "../billing/OpenLines";
import { useDisconnect } from "../integrations/useDisconnect";
import { Confirm } from "../ui/Confirm";
import { useKnown } from "./Dashboard";
import { Section } from "./Section";

/** Takes the connection down, after saying exactly what that does. */
export function Disconnect() {
  const mayChange = useMayChange();
  const [opened, { open, close }] = useDisclosure(false);
  if (!mayChange) return null;
  return (
    <Section title="Disconnect">
      <Stack gap="sm" align="flex-start">
        <Text size="sm">
          Ends the connection, and removes its callbacks and keys. You choose whether what was synced is kept.
        </Text>
        <Button color="red" variant="outline" onClick={open}>
          Disconnect
        </Button>
      </Stack>
      <Dialog opened={opened} close={close} />
    </Section>
  );
}

function Dialog({ opened, close }: { opened: boolean; close: () => void }) {
  const { connection } = useKnown();
  const navigate = useNavigate();
  const disconnect = useDisconnect();
  const [data, setData] = useState<"keep" | "erase">("keep");
  const now = connection.enabled;
  if (!now) return null;
  return (
    <Confirm
      opened={opened}
      title="Disconnect ConnectWise PSA?"
      action={data === "keep" ? "Disconnect" : "Disconnect and erase"}
      color="red"
      busy={disconnect.isPending}
      error={disconnect.error}
      onConfirm={() =>
        disconnect.mutate(data === "keep", { onSuccess: () => void navigate(to.integrations) })
      }
      onClose={close}
    >
      <Stack gap="md">
        <Text>
          This ends the connection to {now.site}, company {now.companyId}:
        </Text>
        <List>
          <List.Item>
            Syncs that are under way are cancelled, and no new one starts. Usage is posted no more.
          </List.Item>
          <List.Item>
            Our callbacks are removed from ConnectWise. Nothing else is changed there: the API member and its
            keys stay until you remove them.
          </List.Item>
          <List.Item>
            The keys are deleted from our secret store. To connect again you need the private key, or new
            keys.
          </List.Item>
          {connection.draft && <List.Item>The change that waits to be enabled is thrown away.</List.Item>}
        </List>
        {opened && <OpenLines />}
        <Radio.Group label="What was synced" value={data} onChange={(value) => setData(value as typeof data)}>
          <Stack gap="sm" mt="xs">
            <Radio
              value="keep"
              label="Keep it"
              description="It is there again if you connect the same ConnectWise company."
            />
            <Radio
              value="erase"
              label="Erase it"
              description="This cannot be undone. It begins after a few minutes. Backups that the operator keeps of the database hold it until they expire."
            />
          </Stack>
        </Radio.Group>
      </Stack>
    </Confirm>
  );
}
