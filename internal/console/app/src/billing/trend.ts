import type { SKUTrend } from "../api/types";

/** One day of a chart; undefined where there is nothing. */
export interface Point {
  day: string;
  reported?: number;
  billed?: number;
}

const dayLength = 86_400_000;

/** The quantity of the line that bills a day. */
export const billedOn = ({ lines }: Pick<SKUTrend, "lines">, day: string): string | undefined =>
  lines.findLast(({ start, end }) => start <= day && (!end || end >= day))?.quantity;

/** Every day from first to last. */
export function daysOf(sku: SKUTrend, first: string, last: string): Point[] {
  const reported = new Map(sku.days.map(({ day, count }) => [day, count]));
  const out: Point[] = [];
  for (let at = Date.parse(first); at <= Date.parse(last); at += dayLength) {
    const day = new Date(at).toISOString().slice(0, 10);
    const billed = billedOn(sku, day);
    out.push({ day, reported: reported.get(day), billed: billed === undefined ? undefined : Number(billed) });
  }
  return out;
}

/** A round number that is not below any of the points, and at least 4. */
export function topOf(points: Point[]): number {
  const most = Math.max(4, ...points.flatMap(({ reported = 0, billed = 0 }) => [reported, billed]));
  const unit = 10 ** Math.floor(Math.log10(most));
  const round = [1, 2, 4, 5, 10].find((n) => n * unit >= most) ?? 10;
  return round * unit;
}

/** A path through the points that have a value, broken where they have none. */
export function pathOf(
  values: (number | undefined)[],
  x: (at: number) => number,
  y: (n: number) => number,
): string {
  let broken = true;
  const out: string[] = [];
  for (const [at, value] of values.entries()) {
    if (value === undefined) {
      broken = true;
      continue;
    }
    out.push(`${broken ? "M" : "L"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`);
    broken = false;
  }
  return out.join("");
}
