import type { Connection } from "../api/types";
import { formatNumber, formatTime } from "../ui/format";

/** How ConnectWise's calls for one data type stand. */
export type TypeCallback = NonNullable<NonNullable<Connection["enabled"]>["callbacks"]["types"]>[number];

/** How a type's callback stands. */
export const callbackWords: Record<TypeCallback["state"], { label: string; color: string }> = {
  active: { label: "Active", color: "teal" },
  missing: { label: "Missing", color: "orange" },
  inactive: { label: "Switched off", color: "orange" },
  changed: { label: "Changed", color: "orange" },
};

const broken: Record<Exclude<TypeCallback["state"], "active">, string> = {
  missing: "ConnectWise has it no more.",
  inactive: "ConnectWise has switched it off.",
  changed: "Somebody changed it in ConnectWise.",
};

/** What there is to say of a callback besides that it is active. */
export function historyOf({ state, repairedAt, repairs }: TypeCallback): string {
  if (state !== "active") return `${broken[state]} We put it right, and try again every hour.`;
  if (!repairedAt) return "Nothing: it has worked all the time.";
  const often = repairs > 1 ? `, for the ${formatNumber(repairs)}${suffix(repairs)} time` : "";
  return `ConnectWise had stopped calling us. Put right on ${formatTime(repairedAt)}${often}.`;
}

const ordinal = new Intl.PluralRules("en", { type: "ordinal" });
const suffixes: Partial<Record<Intl.LDMLPluralRule, string>> = { one: "st", two: "nd", few: "rd" };
const suffix = (n: number) => suffixes[ordinal.select(n)] ?? "th";

const recently = 24 * 3600 * 1000;

/** The types whose callback was put right within a day. */
export const repairedLately = (callbacks: TypeCallback[], now = Date.now()): string[] =>
  callbacks
    .filter(
      ({ state, repairedAt }) => state === "active" && repairedAt && now - Date.parse(repairedAt) < recently,
    )
    .map(({ type }) => type);
