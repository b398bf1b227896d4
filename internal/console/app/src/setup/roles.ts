import type { RoleNeed, RoleRow, RoleTable } from "../api/types";
import { formatList } from "../ui/format";

export const roleLevels = ["Add", "Edit", "Delete", "Inquire"] as const;

/** What a row's column says: All or None. */
export const levelOf = (row: RoleRow, level: (typeof roleLevels)[number]): string =>
  ({ Add: row.add, Edit: row.edit, Delete: row.delete, Inquire: row.inquire })[level];

/** What needs a row, and what is lost without it where the rest works all the same. */
export interface Purpose {
  feature: string;
  without: string[];
}

/** What a row's cells are for, feature by feature. Where they differ, the columns are named. */
export function purposesOf(row: RoleRow, table: RoleTable): Purpose[] {
  const levels = unique(row.needs.map((need) => need.level));
  const features = unique(row.needs.flatMap((need) => need.features));
  return features.map((name) => {
    const needs = row.needs.filter((need) => need.features.includes(name));
    const own = formatList(unique(needs.map((need) => need.level)));
    const lacks = needs.flatMap((need) => need.without.filter((lack) => lack.feature === name));
    return {
      feature: labelOf(name, table) + (levels.length > 1 ? ` (${own})` : ""),
      without: unique(lacks.map((lack) => lack.says)),
    };
  });
}

const labelOf = (name: string, table: RoleTable) =>
  table.features.find((feature) => feature.name === name)?.label ?? name;

/** A permission that a guide asks for more of than is needed. */
export interface Excess {
  cell: string;
  levels: string[];
  /** Features, not chosen, that would need some of it. */
  features: string[];
}

/** Where the public guides ask for more than is needed, each permission once. */
export function excessesOf(table: RoleTable): Excess[] {
  const found = new Map<string, Excess>();
  for (const difference of table.differences) {
    if (difference.kind !== "not_needed") continue;
    const cell = cellName(difference);
    const excess = found.get(cell) ?? { cell, levels: [], features: [] };
    excess.levels = roleLevels.filter(
      (level) => excess.levels.includes(level) || difference.levels.includes(level),
    );
    excess.features = unique([...excess.features, ...difference.for.map((name) => labelOf(name, table))]);
    found.set(cell, excess);
  }
  return [...found.values()];
}

export const cellName = ({ module, permission }: { module: string; permission: string }): string =>
  `${module} > ${permission}`;

/** Rights to add only if a test misses them, each cell once: "System > Table Setup: Add and Edit (Callbacks)". */
export function laterRights(needs: RoleNeed[]): string[] {
  const cells = new Map<string, { need: RoleNeed; levels: string[] }>();
  for (const need of needs) {
    const key = cellName(need) + (need.table ?? "");
    const cell = cells.get(key) ?? { need, levels: [] };
    cell.levels.push(need.level);
    cells.set(key, cell);
  }
  return [...cells.values()].map(({ need, levels }) => {
    const table = need.table ? ` (${need.table})` : "";
    return `${cellName(need)}: ${formatList(levels)}${table}`;
  });
}

/** The rows as text that a spreadsheet or a ticket takes. */
export function roleText(table: RoleTable): string {
  const head = ["Module", "Permission", ...roleLevels, "Only these setup tables"];
  const lines = table.rows.map((row) => [
    row.module,
    row.permission,
    ...roleLevels.map((level) => levelOf(row, level)),
    row.tables.join("; "),
  ]);
  return [head, ...lines].map((cells) => cells.join("\t").trimEnd()).join("\n");
}

const unique = <T>(items: T[]): T[] => [...new Set(items)];
