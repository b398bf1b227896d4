import { useRef } from "react";
import type { MappingRow } from "../api/types";
import { useMayChange } from "../auth/useMe";
import { MappingLine } from "./MappingLine";
import type { Selection } from "./useSelection";

interface Props {
  rows: MappingRow[];
  selection: Selection;
}

/** Tenants and what they are mapped to. */
export function MappingTable({ rows, selection }: Props) {
  const mayChange = useMayChange();
  const body = useRef<HTMLTableSectionElement>(null);
  // A row that was mapped leaves the unmapped ones: the next one takes its place, and the focus.
  const focus = (at: number) =>
    requestAnimationFrame(() => body.current?.querySelectorAll<HTMLElement>("[data-edit]")[at]?.focus());
  return (
    <table className="data mappings">
      <thead>
        <tr>
          {mayChange && (
            <th scope="col">
              <span className="visually-hidden">Selected</span>
            </th>
          )}
          <th scope="col">Tenant</th>
          <th scope="col">ConnectWise company</th>
          <th scope="col">Agreement</th>
          <th scope="col">Sync</th>
          {mayChange && (
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody ref={body}>
        {rows.map((row, at) => (
          <MappingLine
            key={row.tenant}
            row={row}
            selected={selection.has(row)}
            onSelect={(on) => selection.put([row], on)}
            onSaved={() => focus(at)}
          />
        ))}
      </tbody>
    </table>
  );
}
