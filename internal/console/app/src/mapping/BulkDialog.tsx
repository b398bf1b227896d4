import { Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { isStale } from "../api/problem";
import type { MappingChange, MappingRow } from "../api/types";
import { Confirm } from "../ui/Confirm";
import { formatCount } from "../ui/format";
import { OffChoice } from "./OffChoice";
import { TargetForm, useProposed } from "./TargetForm";
import { type Bulk, bulkEdits, type Off, targetOf, type Wish } from "./target";
import { oneStep, useSaveMany } from "./useSave";

interface Props {
  kind: Bulk["kind"];
  rows: MappingRow[];
  onClose: () => void;
  /** Called when it is done, or, with its change set, under way. */
  onDone: (change: MappingChange | undefined) => void;
}

const titles: Record<Bulk["kind"], (tenants: string) => string> = {
  map: (tenants) => `Map ${tenants} to one company?`,
  on: (tenants) => `Switch on Sync of ${tenants}?`,
  off: (tenants) => `Switch off Sync of ${tenants}?`,
  unmap: (tenants) => `Take away the mappings of ${tenants}?`,
};

const actions: Record<Bulk["kind"], string> = {
  map: "Map",
  on: "Switch on",
  off: "Switch off",
  unmap: "Take away",
};

const noWish: Wish = { company: null, agreement: undefined, enabled: true, products: {} };

/** Does one thing to many tenants: all or none of up to 50, more one by one. */
export function BulkDialog({ kind, rows, onClose, onDone }: Props) {
  const [chosen, setChosen] = useState(noWish);
  const [off, setOff] = useState<Off>("end");
  const [asked, setAsked] = useState(false);
  const save = useSaveMany();
  const wish = useProposed(chosen);
  const bulk = bulkOf(kind, wish, off);
  const edits = bulkEdits(rows, bulk);
  const left = rows.length - edits.length;
  const ready = kind !== "map" || targetOf(wish) !== undefined;
  const count = kind === "map" ? rows.length : edits.length;
  const tenants = formatCount(count, "tenant");
  const stale = save.isError && isStale(save.error);
  const confirm = () => {
    setAsked(true);
    if (!ready) return;
    save.mutate(edits, {
      onSuccess: (change) => {
        if (!change)
          notifications.show({ color: "teal", message: `${formatCount(edits.length, "mapping")} saved.` });
        onDone(change);
      },
    });
  };
  return (
    <Confirm
      opened
      title={titles[kind](tenants)}
      action={actions[kind]}
      color={kind === "unmap" ? "red" : undefined}
      busy={save.isPending}
      blocked={stale || (kind !== "map" && edits.length === 0)}
      error={save.error}
      onConfirm={confirm}
      onClose={stale ? () => onDone(undefined) : onClose}
    >
      <Stack gap="md">
        {kind === "map" && <TargetForm wish={wish} onChange={setChosen} asked={asked} />}
        {kind === "off" && <OffChoice value={off} onChange={setOff} />}
        {kind !== "map" && left > 0 && (
          <Text size="sm">
            {formatCount(left, "tenant stays", "tenants stay")} as {left === 1 ? "it is" : "they are"}:{" "}
            {kind === "unmap" ? "not mapped." : "nothing to switch there."}
          </Text>
        )}
        {kind === "unmap" && (
          <Text size="sm">
            Usage is not posted any more; the lines end with the open period. Incidents wait until there is a
            mapping again.
          </Text>
        )}
        <Text size="sm" c="dimmed">
          {count > oneStep
            ? "So many are saved one by one. You see what becomes of each, and can take it back."
            : "All of them are saved, or none."}
        </Text>
      </Stack>
    </Confirm>
  );
}

function bulkOf(kind: Bulk["kind"], wish: Wish, off: Off): Bulk {
  if (kind === "map") return { kind, wish };
  if (kind === "off") return { kind, off };
  return { kind };
}
