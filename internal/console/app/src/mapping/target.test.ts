import { expect, test } from "vitest";
import type { Agreement, MappingChange, MappingRow, Target } from "../api/types";
import { canUndo, changeTitle, ordered, resultWords } from "./change";
import { bulkEdits, noTarget, proposed, rangeWords, refOf, targetOf, unusable, wishOf } from "./target";

const acme = { id: 7, name: "Acme" };
const gold = { id: 70, name: "Gold" };
const target: Target = { company: acme, agreement: gold, enabled: true };
const row = (change: Partial<MappingRow>): MappingRow => ({
  tenant: "t",
  name: "T",
  state: "active",
  mapped: true,
  etag: '"1"',
  target,
  ...change,
});
const unmapped = row({ tenant: "u", mapped: false, target: noTarget });
const tickets = row({ tenant: "k", target: { ...target, agreement: { id: 0 }, enabled: false } });

const agreement = (id: number, change: Partial<Agreement> = {}): Agreement => ({
  id,
  name: `A${id}`,
  company: 7,
  usable: true,
  ...change,
});

test("an agreement is proposed only where no other can be meant", () => {
  expect(proposed([agreement(1)], 7)).toEqual({ id: 1, name: "A1" });
  expect(proposed([agreement(1), agreement(2, { usable: false })], 7)?.id).toBe(1);
  expect(proposed([agreement(1), agreement(2)], 7)).toBeUndefined();
  expect(proposed([agreement(1, { company: 8 })], 7)).toBeUndefined();
  expect(proposed([], 7)).toBeUndefined();
});

test("nothing is sent while something is to be chosen, and tickets only is a choice", () => {
  const wish = { company: acme, agreement: gold, enabled: true, products: {} };
  expect(targetOf({ ...wish, company: null })).toBeUndefined();
  expect(targetOf({ ...wish, agreement: undefined })).toBeUndefined();
  expect(targetOf(wish)).toEqual(target);
  expect(targetOf({ ...wish, agreement: null })).toEqual({ ...target, agreement: { id: 0 }, enabled: false });
  expect(refOf({ ...gold, usable: true } as never)).toEqual(gold);
});

test("a row that is edited keeps what was switched off, and how", () => {
  const off = row({ target: { ...target, enabled: false, off: "zero" } });
  expect(targetOf(wishOf(off), off.target.off)).toEqual(off.target);
  expect(wishOf(unmapped).enabled).toBe(true);
});

test("a bulk edit leaves alone what it does not concern", () => {
  const off = row({ tenant: "o", target: { ...target, enabled: false, off: "end" } });
  const all = [row({}), off, unmapped, tickets];
  const tenants = (bulk: Parameters<typeof bulkEdits>[1]) => bulkEdits(all, bulk).map(({ tenant }) => tenant);
  expect(tenants({ kind: "on" })).toEqual(["o"]);
  expect(tenants({ kind: "off", off: "leave" })).toEqual(["t"]);
  expect(tenants({ kind: "unmap" })).toEqual(["t", "o", "k"]);
  const wish = { company: { id: 8 }, agreement: { id: 80 }, enabled: true, products: {} };
  const mapped = bulkEdits(all, { kind: "map", wish });
  expect(mapped.map((edit) => edit.target.enabled)).toEqual([true, false, true, true]);
  expect(mapped[1]?.target.off).toBe("end");
});

test("an agreement that cannot be used says why", () => {
  expect(unusable(agreement(1))).toBeUndefined();
  expect(unusable(agreement(1, { usable: false, status: "Expired" }))).toContain("expired");
});

test("a page says where it is", () => {
  expect(rangeWords(0, 25, 25, 1060)).toBe("1–25 of 1,060");
  expect(rangeWords(2, 25, 10, 60)).toBe("51–60 of 60");
});

const changeWith = (change: Partial<MappingChange>): MappingChange => ({
  id: "01J0000000000000000000000C",
  state: "applied",
  by: "p1",
  at: "2026-03-01T10:00:00Z",
  done: 0,
  rows: [
    { tenant: "a", name: "A", target, result: "applied" },
    { tenant: "b", name: "B", target, result: "conflict", detail: "Somebody changed it." },
  ],
  ...change,
});

test("a change set tells what was done, and what was not comes first", () => {
  expect(changeTitle(changeWith({}))).toBe("1 mapping saved, 1 was not");
  expect(ordered(changeWith({})).map(({ tenant }) => tenant)).toEqual(["b", "a"]);
  expect(canUndo(changeWith({}))).toBe(true);
  expect(canUndo(changeWith({ state: "stopped" }))).toBe(true);
  expect(canUndo(changeWith({ state: "stopped", rows: [] }))).toBe(false);
  expect(canUndo(changeWith({ state: "undone" }))).toBe(false);
  const rows: MappingChange["rows"] = [
    { tenant: "b", name: "B", target: noTarget, result: "ambiguous", detail: "2 companies have this name." },
    { tenant: "a", name: "A", target },
  ];
  const proposal = changeWith({ state: "proposed", rows });
  expect(changeTitle(proposal)).toBe("1 tenant can be mapped by name");
  expect(ordered(proposal).map(({ tenant }) => tenant)).toEqual(["a", "b"]);
  expect(rows.map(resultWords)).toEqual(["Left alone: 2 companies have this name.", ""]);
});
