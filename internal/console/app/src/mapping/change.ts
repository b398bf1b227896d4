import type { MappingChange, MappingChangeRow } from "../api/types";
import { formatCount } from "../ui/format";

type Result = NonNullable<MappingChangeRow["result"]>;

const results: Record<Result, string> = {
  applied: "Mapped",
  conflict: "Not saved",
  invalid: "Not saved",
  ambiguous: "Left alone",
  undone: "Taken back",
  kept: "Kept",
};

/** What became of a row, in words. */
export function resultWords({ result, detail }: MappingChangeRow): string {
  if (!result) return "";
  return detail ? `${results[result]}: ${detail}` : results[result];
}

/** How many rows are to be worked, and how many of each kind are done. */
export function tally({ rows }: MappingChange) {
  const count = (wanted: Result | undefined) => rows.filter(({ result }) => result === wanted).length;
  return {
    ready: count(undefined),
    applied: count("applied"),
    refused: count("conflict") + count("invalid"),
    ambiguous: count("ambiguous"),
    undone: count("undone"),
    kept: count("kept"),
  };
}

/** Whether something was done that can be taken back. One that stopped half way may have done more than it could say. */
export function canUndo(change: MappingChange): boolean {
  const { state, rows } = change;
  return state === "applied" ? tally(change).applied > 0 : state === "stopped" && rows.length > 0;
}

/** What a change set is at, as a title. */
export function changeTitle(change: MappingChange): string {
  const { ready, applied, refused, undone, kept } = tally(change);
  const but = (n: number, says: string) => (n > 0 ? `, ${formatCount(n, "was", "were")} ${says}` : "");
  switch (change.state) {
    case "matching":
      return "Looking for companies of the same name";
    case "proposed":
      return ready > 0 ? `${formatCount(ready, "tenant")} can be mapped by name` : "Nothing to map by name";
    case "applying":
      return "Saving mappings";
    case "applied":
      return `${formatCount(applied, "mapping")} saved${but(refused, "not")}`;
    case "undoing":
      return "Taking mappings back";
    case "undone":
      return `${formatCount(undone, "mapping")} taken back${but(kept, "kept")}`;
    case "stopped":
      return "The changes stopped";
  }
}

/** The rows in the order in which people look at them: what needs them first, once something was done. */
export function ordered({ rows, state }: MappingChange): MappingChangeRow[] {
  const done = state !== "proposed";
  const calm = ({ result }: MappingChangeRow) =>
    result === undefined || result === "applied" || result === "undone";
  return [...rows.filter((row) => calm(row) !== done), ...rows.filter((row) => calm(row) === done)];
}
