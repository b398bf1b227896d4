import { Badge, Button, Checkbox, Text } from "@mantine/core";
import { useState } from "react";
import { useServices } from "../api/context";
import { isStale } from "../api/problem";
import type { MappingRow } from "../api/types";
import { useMayChange } from "../auth/useMe";
import { ProblemAlert } from "../ui/ProblemAlert";
import { RowEditor } from "./RowEditor";
import { SyncSwitch } from "./SyncSwitch";
import { postsTo } from "./target";
import { useSaveRow } from "./useSave";

interface Props {
  row: MappingRow;
  selected: boolean;
  onSelect: (selected: boolean) => void;
  /** Called after the mapping was stored. */
  onSaved: () => void;
}

/** How many columns there are for those who may change something. */
const columns = 6;

/** A tenant and what it is mapped to; below it the editor, and what went wrong. */
export function MappingLine({ row, selected, onSelect, onSaved }: Props) {
  const mayChange = useMayChange();
  const [editing, setEditing] = useState(false);
  const save = useSaveRow(row);
  const close = () => {
    save.reset();
    setEditing(false);
  };
  return (
    <>
      <tr className={editing || save.isError ? "open" : undefined}>
        {mayChange && (
          <td className="pick">
            <Checkbox
              aria-label={`Select ${row.name}`}
              checked={selected}
              onChange={(event) => onSelect(event.currentTarget.checked)}
            />
          </td>
        )}
        <TenantName row={row} />
        <Cells row={row} save={save} />
        {mayChange && (
          <td className="act">
            <Button
              variant="default"
              aria-expanded={editing}
              data-edit
              onClick={() => (editing ? close() : setEditing(true))}
            >
              {row.mapped ? "Change" : "Map"}
              <span className="visually-hidden"> {row.name}</span>
            </Button>
          </td>
        )}
      </tr>
      {(editing || save.isError) && (
        <tr>
          <td colSpan={columns} className="block editor">
            {save.isError && <Refused row={row} error={save.error} editing={editing} onClose={save.reset} />}
            {editing && (
              <RowEditor
                row={row}
                save={save}
                onClose={close}
                onSaved={() => {
                  close();
                  onSaved();
                }}
              />
            )}
          </td>
        </tr>
      )}
    </>
  );
}

function TenantName({ row }: { row: MappingRow }) {
  const { config } = useServices();
  return (
    <th scope="row">
      <span>
        {row.name}
        {row.state !== "active" && (
          <Badge ml="xs" variant="light" color="gray" tt="none">
            {row.state === "suspended" ? "Suspended" : `Removed in ${config.product}`}
          </Badge>
        )}
      </span>
    </th>
  );
}

function Cells({ row, save }: { row: MappingRow; save: ReturnType<typeof useSaveRow> }) {
  const { company, agreement, products } = row.target;
  const own = Object.keys(products ?? {}).length;
  if (!row.mapped) {
    return (
      <td colSpan={3} data-label="ConnectWise">
        <Text span c="dimmed">
          Not mapped
        </Text>
      </td>
    );
  }
  return (
    <>
      <td data-label="Company">{company.name || `Id ${company.id}`}</td>
      <td data-label="Agreement">
        <span>
          {postsTo(row.target) ? agreement.name || `Id ${agreement.id}` : "None: tickets only"}
          {own > 0 && (
            <Text size="sm" c="dimmed">
              {own === 1 ? "One product of its own" : `${own} products of its own`}
            </Text>
          )}
        </span>
      </td>
      <td data-label="Sync">{postsTo(row.target) && <SyncSwitch row={row} save={save} />}</td>
    </>
  );
}

interface RefusedProps {
  row: MappingRow;
  error: unknown;
  editing: boolean;
  onClose: () => void;
}

/** Why the row was not stored. Where somebody else was faster, it shows by now what they stored. */
function Refused({ row, error, editing, onClose }: RefusedProps) {
  if (!isStale(error)) {
    return (
      <ProblemAlert error={error} retry={editing ? undefined : onClose} retryLabel="Close this message" />
    );
  }
  return (
    <div role="alert" className="changed">
      <Text fw={600}>
        Somebody else changed {row.name} while you were editing it. Nothing of yours was saved.
      </Text>
      <Text size="sm">
        The row above was read again and shows what they saved.
        {editing && " What you chose is still here: save again to replace theirs, or cancel to leave it."}
      </Text>
    </div>
  );
}
