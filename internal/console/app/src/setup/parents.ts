import type { DataType } from "../api/types";

/** The chosen types with what they belong to, in the table's order. */
export function withParents(types: DataType[], chosen: string[]): string[] {
  const all = new Set(chosen);
  for (const type of [...types].reverse()) {
    if (all.has(type.type) && type.parent) all.add(type.parent);
  }
  return types.map((type) => type.type).filter((type) => all.has(type));
}
