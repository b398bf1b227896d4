import { formatNumber } from "../ui/format";

/** Places of the API's decimals: its numbers are text, exact to a millionth. */
const places = 6;
const unit = 10n ** BigInt(places);

function millionths(text: string): bigint {
  const [whole = "0", rest = ""] = text.replace("-", "").split(".");
  const size = BigInt(whole) * unit + BigInt(rest.padEnd(places, "0").slice(0, places));
  return text.startsWith("-") ? -size : size;
}

/** The sum of decimals, exactly. */
export function sum(texts: string[]): string {
  const total = texts.reduce((all, text) => all + millionths(text), 0n);
  const size = total < 0n ? -total : total;
  const rest = (size % unit).toString().padStart(places, "0").replace(/0+$/, "");
  return `${total < 0n ? "-" : ""}${size / unit}${rest ? `.${rest}` : ""}`;
}

const money = new Intl.NumberFormat("en", {
  signDisplay: "exceptZero",
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});

/** "1,200", "0.5". */
export const formatQuantity = (text: string): string => formatNumber(Number(text));

/** "+1,200.00", "−3.50", "0.00": what is added to a price, in the agreement's currency. */
export const formatEffect = (text: string): string => money.format(Number(text)).replace("-", "\u2212");

const day = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeZone: "UTC" });

/** "Dec 1, 2026" of "2026-12-01": a civil date is the same everywhere. */
export const formatDay = (date: string): string => day.format(new Date(`${date}T00:00:00Z`));
