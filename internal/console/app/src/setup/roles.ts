import type { DataType } from "../api/types";

/** A row of a ConnectWise security role, with what needs it. */
export interface RoleRow {
  module: string;
  name: string;
  levels: { add: string; edit: string; delete: string; inquire: string };
  neededFor: string[];
}

const none = { add: "None", edit: "None", delete: "None", inquire: "None" };

/** The rows that the chosen data types need, and no others. */
export function roleRows(types: DataType[], chosen: string[]): RoleRow[] {
  const rows = new Map<string, RoleRow>();
  for (const type of types) {
    if (!chosen.includes(type.type)) continue;
    const { module, name, level } = type.permission;
    const key = `${module}/${name}`;
    const row = rows.get(key) ?? { module, name, levels: { ...none }, neededFor: [] };
    row.levels[level.toLowerCase() as keyof RoleRow["levels"]] = "All";
    row.neededFor.push(type.label);
    rows.set(key, row);
  }
  return [...rows.values()];
}

/** The rows as text that a spreadsheet or a ticket takes. */
export function roleText(rows: RoleRow[]): string {
  const head = ["Module", "Permission", "Add", "Edit", "Delete", "Inquire"];
  const lines = rows.map(({ module, name, levels: l }) => [module, name, l.add, l.edit, l.delete, l.inquire]);
  return [head, ...lines].map((cells) => cells.join("\t")).join("\n");
}
