import type { Discovery, Filter, FilterList, Warning } from "../api/types";
import { formatList } from "../ui/format";

export type Category = FilterList["category"];

interface Words {
  label: string;
  /** As part of a sentence: "no company types". */
  many: string;
  /** The setup table that a role must be allowed to read the list; ConnectWise names none for territories. */
  table?: string;
}

/** What companies can be filtered by, in the order of the page. */
export const categories: Record<Category, Words> = {
  types: { label: "Company types", many: "company types", table: "Company / Company Type" },
  statuses: { label: "Company statuses", many: "company statuses", table: "Company / Company Status" },
  territories: { label: "Territories", many: "territories" },
  markets: { label: "Markets", many: "markets", table: "Company / Market" },
};

export const categoryNames = Object.keys(categories) as Category[];

/** Whether a filter chooses every company. */
export const choosesAll = (filter: Filter): boolean =>
  categoryNames.every((category) => (filter[category] ?? []).length === 0);

/** The filter with other choices in a category. */
export const withChoices = (filter: Filter, category: Category, choices: number[]): Filter => ({
  ...filter,
  [category]: choices.length > 0 ? choices : undefined,
});

/** Whether two filters choose the same. */
export const sameFilter = (a: Filter, b: Filter): boolean => key(a) === key(b);

const key = (filter: Filter): string =>
  JSON.stringify(categoryNames.map((category) => [...(filter[category] ?? [])].sort((a, b) => a - b)));

/** What a choice is called; one that ConnectWise does not list is called by its id. */
export function choiceName(list: FilterList | undefined, id: number): string {
  return list?.choices.find((choice) => choice.id === id)?.name ?? `Id ${id}, not in ConnectWise's list`;
}

/** Why there is no list, and what to do about it. */
export function troubleWords(category: Category, { code, message, remedy }: Warning): string {
  const { table } = categories[category];
  if (code !== "permission_missing" || !table) return [message, remedy].filter(Boolean).join(" ");
  return (
    "ConnectWise refused this list. For the API member's security role, set System > Table Setup, Inquire to All; " +
    `if Table Setup is customised there, allow ${table}.`
  );
}

/** A filter in words, a line for each category in which something is chosen. */
export function filterLines(
  filter: Filter,
  discovery: Discovery | undefined,
): [label: string, says: string][] {
  return categoryNames.flatMap((category): [string, string][] => {
    const chosen = filter[category] ?? [];
    if (chosen.length === 0) return [];
    const list = discovery?.lists.find((candidate) => candidate.category === category);
    const says = list ? anyOf(chosen.map((id) => choiceName(list, id))) : `${chosen.length} chosen`;
    return [[categories[category].label, says]];
  });
}

/** More names than this are counted instead of listed. */
const listed = 8;

const anyOf = (names: string[]): string =>
  names.length > listed
    ? `${formatList(names.slice(0, listed), "disjunction")} and ${names.length - listed} more`
    : formatList(names, "disjunction");
