const parts = (zone: string) =>
  new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit" });
const title = new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" });

/** How many months have a statement: reports are kept no longer. */
const kept = 13;

/** "2026-11", by the clock of a zone. */
export function monthIn(zone: string, at = new Date()): string {
  const found = Object.fromEntries(
    parts(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  return `${found.year}-${found.month}`;
}

/** A month and those before it that have a statement, newest first. */
export function monthsUpTo(month: string): string[] {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return Array.from({ length: kept }, (_, back) =>
    new Date(Date.UTC(year, number - 1 - back, 1)).toISOString().slice(0, 7),
  );
}

/** "November 2026". */
export const monthName = (month: string): string => title.format(new Date(`${month}-01T00:00:00Z`));
