import { expect, test } from "vitest";
import { monthIn, monthName, monthsUpTo } from "./months";
import { planWords } from "./Standing";
import { billedOn, daysOf, pathOf, topOf } from "./trend";

const sku = {
  sku: "core",
  days: [
    { day: "2026-10-31", count: 3 },
    { day: "2026-11-02", count: 5 },
  ],
  lines: [
    { start: "2026-10-01", end: "2026-10-31", quantity: "3", shares: 1 },
    { start: "2026-11-02", quantity: "0.5", shares: 1 },
  ],
};

test("a chart has every day, and gaps where nothing was reported or billed", () => {
  expect(daysOf(sku, "2026-10-31", "2026-11-03")).toEqual([
    { day: "2026-10-31", reported: 3, billed: 3 },
    { day: "2026-11-01", reported: undefined, billed: undefined },
    { day: "2026-11-02", reported: 5, billed: 0.5 },
    { day: "2026-11-03", reported: undefined, billed: 0.5 },
  ]);
  expect(billedOn(sku, "2026-09-30")).toBeUndefined();
});

test.each([
  [0, 4],
  [7, 10],
  [12, 20],
  [41, 50],
  [1000, 1000],
])("a chart of %i goes up to %i", (most, top) => {
  expect(topOf([{ day: "", reported: most }])).toBe(top);
});

test("a path is broken where there is no value", () => {
  const path = pathOf(
    [1, 2, undefined, 3],
    (at) => at,
    (n) => n,
  );
  expect(path).toBe("M0.0 1.0L1.0 2.0M3.0 3.0");
});

test("months are the account's, newest first", () => {
  const at = new Date("2027-01-01T03:00:00Z");
  expect(monthIn("Europe/Berlin", at)).toBe("2027-01");
  expect(monthIn("America/New_York", at)).toBe("2026-12");
  const months = monthsUpTo("2027-01");
  expect([months.length, months[0], months[1], months.at(-1)]).toEqual([13, "2027-01", "2026-12", "2026-01"]);
  expect(monthName("2026-11")).toBe("November 2026");
});

test("a plan is summed up: what goes out, what waits, what is stopped", () => {
  // biome-ignore lint/suspicious/noThenProperty: the API calls it so
  const step = { kind: "update", date: "", was: "1", then: "2", reason: "usage", effect: "2" } as const;
  const line = {
    product: { id: 1 },
    steps: [step],
    attention: [],
    shares: [],
    reported: "",
    now: "",
    effect: "2",
  };
  const stopped = { code: "held", stops: true, remedy: "" };
  const plan = [
    {
      agreement: { id: 1 },
      lines: [
        { ...line, unapproved: false },
        { ...line, unapproved: true },
        { ...line, unapproved: false, steps: [], attention: [stopped] },
      ],
    },
  ];
  expect(planWords(plan)).toBe(
    "1 line changes, +2.00 a period. 1 line waits for approval. 1 line is stopped by something that needs attention.",
  );
  expect(planWords([])).toBe("No line changes.");
});
