import { Switch, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";
import type { MappingRow } from "../api/types";
import { useMayChange } from "../auth/useMe";
import { Confirm } from "../ui/Confirm";
import { OffChoice } from "./OffChoice";
import { type Off, offWords } from "./target";
import type { useSaveRow } from "./useSave";

interface Props {
  row: MappingRow;
  save: ReturnType<typeof useSaveRow>;
}

/** Whether usage is posted. Switching it off asks what becomes of the lines. */
export function SyncSwitch({ row, save }: Props) {
  const mayChange = useMayChange();
  const [asking, { open, close }] = useDisclosure(false);
  const [off, setOff] = useState<Off>("end");
  const { target } = row;
  if (!mayChange) return <SaysOff row={row} />;
  const toggle = (on: boolean) => {
    if (on) save.mutate({ ...target, enabled: true, off: undefined });
    else open();
  };
  return (
    <span>
      <Switch
        aria-label={`Sync of ${row.name}`}
        checked={target.enabled}
        disabled={save.isPending}
        onChange={(event) => toggle(event.currentTarget.checked)}
      />
      {!target.enabled && target.off && (
        <Text size="sm" c="dimmed">
          {saysOff(target.off)}
        </Text>
      )}
      <Confirm
        opened={asking}
        title={`Switch off Sync of ${row.name}?`}
        action="Switch off"
        busy={save.isPending}
        onConfirm={() => save.mutate({ ...target, enabled: false, off }, { onSettled: close })}
        onClose={close}
      >
        <OffChoice value={off} onChange={setOff} />
      </Confirm>
    </span>
  );
}

const saysOff = (off: Off) => `Off: ${offWords[off].label.toLowerCase()}`;

function SaysOff({ row: { target } }: { row: MappingRow }) {
  if (target.enabled) return <>On</>;
  return <>{target.off ? saysOff(target.off) : "Off"}</>;
}
