import { Button, Checkbox, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useServices } from "../api/context";
import { asProblem } from "../api/problem";
import type { MappingRow } from "../api/types";
import { formatNumber } from "../ui/format";
import { BulkDialog } from "./BulkDialog";
import { allRows, type Choice } from "./queries";
import type { Bulk } from "./target";
import type { Selection } from "./useSelection";

/** The most rows that a change set holds. */
const most = 1000;

interface Props {
  shown: MappingRow[];
  selection: Selection;
  choice: Choice;
  /** How many tenants there are in the list, over all pages. */
  all: number;
  /** Shows a change set that was started. */
  onChange: (id: string) => void;
}

/** Selects rows, and does something to those that are selected. */
export function BulkBar({ shown, selection, choice, all, onChange }: Props) {
  const { api } = useServices();
  const [kind, setKind] = useState<Bulk["kind"] | null>(null);
  const selectAll = useMutation({
    mutationFn: () => allRows(api, choice, most),
    onSuccess: (rows) => selection.put(rows, true),
    onError: (error) => notifications.show({ color: "red", message: asProblem(error).message }),
  });
  const here = shown.filter(selection.has).length;
  const count = selection.rows.length;
  const act = (label: string, does: Bulk["kind"]) => (
    <Button variant="default" onClick={() => setKind(does)}>
      {label}
    </Button>
  );
  return (
    <div className="bulk">
      <Checkbox
        label="Select this page"
        checked={shown.length > 0 && here === shown.length}
        indeterminate={here > 0 && here < shown.length}
        onChange={(event) => selection.put(shown, event.currentTarget.checked)}
      />
      {count > 0 && (
        <fieldset className="actions" aria-label="Selected tenants">
          <Text role="status">{formatNumber(count)} selected</Text>
          {count < Math.min(all, most) && (
            <Button variant="subtle" loading={selectAll.isPending} onClick={() => selectAll.mutate()}>
              {all > most ? `Select the first ${formatNumber(most)}` : `Select all ${formatNumber(all)}`}
            </Button>
          )}
          {act("Map to a company", "map")}
          {act("Switch on", "on")}
          {act("Switch off", "off")}
          {act("Take away", "unmap")}
          <Button variant="subtle" onClick={selection.clear}>
            Select none
          </Button>
        </fieldset>
      )}
      {kind && (
        <BulkDialog
          kind={kind}
          rows={selection.rows}
          onClose={() => setKind(null)}
          onDone={(change) => {
            setKind(null);
            selection.clear();
            if (change) onChange(change.id);
          }}
        />
      )}
    </div>
  );
}
