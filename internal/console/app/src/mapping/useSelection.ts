import { useState } from "react";
import type { MappingRow } from "../api/types";

/** The rows that were selected, over all pages. What is on the page now is taken from there, since it may be newer. */
export function useSelection(shown: MappingRow[]) {
  const [picked, setPicked] = useState<ReadonlyMap<string, MappingRow>>(new Map());
  const newest = new Map(shown.map((row): [string, MappingRow] => [row.tenant, row]));
  return {
    rows: [...picked.values()].map((row) => newest.get(row.tenant) ?? row),
    has: (row: MappingRow) => picked.has(row.tenant),
    put: (rows: MappingRow[], on: boolean) =>
      setPicked((before) => {
        const after = new Map(before);
        for (const row of rows) {
          if (on) after.set(row.tenant, row);
          else after.delete(row.tenant);
        }
        return after;
      }),
    clear: () => setPicked(new Map()),
  };
}

export type Selection = ReturnType<typeof useSelection>;
