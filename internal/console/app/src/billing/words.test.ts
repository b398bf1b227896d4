import { expect, test } from "vitest";
import type { Attention, BilledLine, PlannedLine, PlannedStep, PostingEntry, PostingRun } from "../api/types";
import { formatDay, formatEffect, formatQuantity, sum } from "./amounts";
import { changesOf } from "./unlike";
import { waiting } from "./waiting";
import {
  changeWords,
  countWords,
  decisionsOf,
  detailOf,
  differs,
  groupsOf,
  labelOf,
  runWords,
  statesOf,
  stepWords,
  thenOf,
} from "./words";
import { proposeZone } from "./zones";

const state = (change: Partial<Attention>): Attention => ({
  code: "held",
  stops: true,
  remedy: "Release it.",
  ...change,
});

const line = (change: Partial<BilledLine> = {}): BilledLine => ({
  agreement: { id: 7, name: "Gold" },
  product: { id: 70, name: "CORE" },
  tenants: [],
  reported: "5",
  connectwise: "5",
  posted: "5",
  attention: [],
  others: [],
  lines: [],
  held: false,
  left: false,
  ...change,
});

/** From and to a quantity, as the API calls them. */
const from = (was: string, to: string) =>
  // biome-ignore lint/suspicious/noThenProperty: the API calls it so
  ({ was, then: to }) as Pick<PlannedStep, "was" | "then">;

const step = (change: Partial<PlannedStep>): PlannedStep => ({
  kind: "create",
  date: "2026-12-01",
  reason: "first",
  effect: "0",
  ...from("0", "12"),
  ...change,
});

const planned = (change: Partial<PlannedLine>): PlannedLine => ({
  product: { id: 70 },
  unapproved: false,
  steps: [],
  attention: [],
  shares: [],
  reported: "12",
  now: "4",
  effect: "0",
  ...change,
});

test("amounts are added exactly, and read well", () => {
  expect(sum(["0.1", "0.2", "-0.3"])).toBe("0");
  expect(sum(["1234.5", "-2000", "0.000001"])).toBe("-765.499999");
  expect(formatEffect("1234.5")).toBe("+1,234.50");
  expect(formatEffect("-3.5")).toBe("\u22123.50");
  expect(formatEffect("0")).toBe("0.00");
  expect(formatQuantity("1200.5")).toBe("1,200.5");
});

test("a civil date is the same wherever the browser is", () => {
  expect(formatDay("2026-03-01")).toBe("Mar 1, 2026");
  expect(formatDay("2025-12-31")).toBe("Dec 31, 2025");
});

test("each kind of step is a sentence", () => {
  expect(stepWords(step({}))).toBe("A new line of 12 begins on Dec 1, 2026.");
  expect(stepWords(step({ endThen: "2026-12-31" }))).toMatch(/ends on Dec 31, 2026\.$/);
  expect(stepWords(step({ kind: "update", line: 9, ...from("4", "5") }))).toBe("Line 9 goes from 4 to 5.");
  expect(stepWords(step({ kind: "update", line: 9, ...from("4", "4"), endWas: "2026-12-31" }))).toBe(
    "Line 9 has no end any more.",
  );
  expect(stepWords(step({ kind: "end", line: 9, ...from("4", "4"), endThen: "2026-11-30" }))).toBe(
    "Line 9 of 4 ends on Nov 30, 2026.",
  );
  expect(stepWords(step({ kind: "void", line: 9 }))).toContain("one too many");
});

test("what stands there afterwards is what the last step says, or stays", () => {
  expect(thenOf(planned({}))).toBe("4");
  const end = step({ kind: "end", line: 9, ...from("4", "4"), endThen: "2026-11-30" });
  expect(thenOf(planned({ steps: [end, step({})] }))).toBe("12");
  expect(thenOf(planned({ steps: [end] }))).toBe("4");
});

test("states have a label, and one of a later version still reads", () => {
  expect(labelOf("outcome_unknown")).toBe("ConnectWise did not answer");
  expect(labelOf("something_new")).toBe("Something new");
  expect(detailOf(state({ line: 9, by: "bob", was: "5", is: "7", day: "2026-03-01" }))).toBe(
    "line 9, 5 → 7, by bob, Mar 1, 2026",
  );
  expect(detailOf(state({ tenant: "t-1", tenantName: "Initech" }))).toBe("tenant Initech");
  expect(detailOf(state({ tenant: "t-1" }))).toBe("tenant t-1");
  expect(detailOf(state({ was: "2026-03-31", is: "" }))).toBe("was Mar 31, 2026");
});

test("what stops postings comes first, and then what concerns most lines", () => {
  const silent = line({ attention: [state({ code: "tenant_silent", stops: false })] });
  const ended = line({ attention: [state({ code: "agreement_ended" })] });
  const groups = groupsOf([silent, silent, silent, ended, line()]);
  expect(groups.map(({ code, lines }) => [code, lines.length])).toEqual([
    ["agreement_ended", 1],
    ["tenant_silent", 3],
  ]);
});

test("what was decided since the last look is no state any more", () => {
  const others = [{ id: 3, start: "2026-01-01", quantity: "4" }];
  const attention = [state({}), state({ code: "other_lines" })];
  expect(statesOf(line({ attention, held: true, others })).map(({ code }) => code)).toEqual([
    "held",
    "other_lines",
  ]);
  expect(statesOf(line({ attention, left: true, others }))).toEqual([]);
  expect(statesOf(line({ attention }))).toEqual([]);
});

test("a line offers the decisions that fit it", () => {
  const others = [{ id: 3, start: "2026-01-01", quantity: "4" }];
  expect(decisionsOf(line())).toEqual(["hold"]);
  expect(decisionsOf(line({ held: true }))).toEqual(["release"]);
  expect(decisionsOf(line({ others }))).toEqual(["take-over", "leave", "hold"]);
  expect(decisionsOf(line({ others, left: true }))).toEqual(["take-over", "hold"]);
  expect(decisionsOf(line({ attention: [state({ code: "end_changed" })] }))).toEqual(["resume", "hold"]);
  expect(differs(line())).toBe(false);
  expect(differs(line({ connectwise: "6" }))).toBe(true);
});

test("a run that waits says so, and one that did nothing too", () => {
  const counts = { agreements: 2, series: 3, updated: 0, created: 0, ended: 0, voided: 0, attention: 0 };
  const run: PostingRun = {
    id: "a",
    mode: "post",
    state: "running",
    active: true,
    day: "2026-03-01",
    by: "p1",
    askedAt: "2026-03-01T04:00:00Z",
    counts,
    offences: [],
  };
  expect(runWords(run).label).toBe("Running");
  expect(runWords({ ...run, waitsTill: "2026-03-01T04:05:00Z" }).label).toBe("Waiting");
  expect(countWords({ counts, active: false })).toBe("Nothing was changed. 3 lines looked at.");
  expect(countWords(run)).toBe("Nothing was changed so far. 3 lines looked at.");
  expect(countWords({ counts: { ...counts, created: 2, ended: 1, attention: 1 }, active: false })).toBe(
    "2 lines created, 1 line ended. 3 lines looked at. 1 line needs attention.",
  );
});

test("history shows old and new only where something changed", () => {
  const entry = {
    ...from("4", "5"),
    event: "update",
    at: "",
    by: "p1",
    agreement: { id: 7 },
    product: { id: 70 },
  } as PostingEntry;
  expect(changeWords(entry)).toEqual(["4 → 5"]);
  expect(changeWords({ ...entry, event: "end", endThen: "2026-11-30" })).toEqual([
    "ends never → Nov 30, 2026",
  ]);
  expect(changeWords({ ...entry, ...from("0", "0"), event: "held" })).toEqual([]);
});

test("who waits for approval is listed once, by name", () => {
  const share = { sku: "core", count: 1, reported: true };
  const lines = [
    planned({
      unapproved: true,
      shares: [
        { ...share, tenant: "t2", name: "Zeta" },
        { ...share, tenant: "t1", name: "" },
      ],
    }),
    planned({ unapproved: true, shares: [{ ...share, tenant: "t2", name: "Zeta" }] }),
    planned({ shares: [{ ...share, tenant: "t3", name: "Approved" }] }),
  ];
  expect(waiting([{ agreement: { id: 7 }, lines }])).toEqual([
    { id: "t1", name: "t1" },
    { id: "t2", name: "Zeta" },
  ]);
});

test("the proposed zone is ConnectWise's if its words are known, else the browser's", () => {
  const known = ["America/New_York", "Europe/Berlin", "UTC"];
  expect(proposeZone("Eastern Standard Time", known, "Europe/Berlin").zone).toBe("America/New_York");
  expect(proposeZone("Europe/Berlin", known, "UTC").zone).toBe("Europe/Berlin");
  const unknown = proposeZone("Lunar Standard Time", known, "Europe/Berlin");
  expect(unknown.zone).toBe("Europe/Berlin");
  expect(unknown.says).toContain("Lunar Standard Time");
  expect(proposeZone(undefined, known, "Mars/Base").zone).toBe("UTC");
});

test("what changed after a preview is said, thing by thing", () => {
  const shown = {
    agreement: { id: 7, name: "Gold" },
    product: { id: 70, name: "CORE" },
    date: "2026-11-01",
    price: "10",
  };
  const of = (now: object | undefined, was: object | undefined = {}) =>
    changesOf({
      tenant: "t",
      name: "Acme",
      sku: "core",
      shown: was && { ...shown, ...was },
      now: now && { ...shown, ...now },
    });
  expect(of({ agreement: { id: 8, name: "Silver" } })).toEqual(["Agreement: Gold → Silver"]);
  expect(of({ product: { id: 71, name: "" }, price: undefined })).toEqual(["Catalog item: CORE → Item 71"]);
  expect(of({ price: "11.5", date: "2026-12-01" })).toEqual([
    "Price: 10 → 11.5",
    "From: Nov 1, 2026 → Dec 1, 2026",
  ]);
  expect(of({ from: "2026-12-01" })).toEqual(["From: Nov 1, 2026 → Dec 1, 2026"]);
  expect(of(undefined)[0]).toContain("nothing waits");
  expect(changesOf({ tenant: "t", name: "Acme", sku: "core", now: shown })[0]).toContain(
    "after this preview",
  );
});
