import { expect, test } from "vitest";
import type { Right } from "../api/types";
import { report, rightWith } from "../test/samples";
import { groupsOf, lossesOf, rightName, rightsSummary } from "./rights";

const inState = (...states: Right["state"][]) => states.map((state) => rightWith({ state }));

test("what is to be done comes first, and empty groups are left out", () => {
  const groups = groupsOf(inState("proven", "unproven", "missing", "proven"));
  expect(groups.map(({ state, count }) => [state, count])).toEqual([
    ["missing", 1],
    ["unproven", 1],
    ["proven", 2],
  ]);
});

test("green is for proven alone", () => {
  const groups = groupsOf(inState("proven", "missing", "likely", "unproven", "failed"));
  expect(groups.filter(({ look }) => look === "pass").map(({ state }) => state)).toEqual(["proven"]);
  for (const state of ["missing", "likely", "unproven", "failed"] as const) {
    expect(rightsSummary(inState("proven", state)).color, state).not.toBe("teal");
  }
  expect(rightsSummary(inState("proven", "proven")).color).toBe("teal");
});

test("what is missing or could not be asked is counted", () => {
  expect(rightsSummary(inState("proven", "missing", "failed", "failed")).says).toBe(
    "1 of 4 permissions proven. One is missing. 2 could not be asked about.",
  );
});

test("what is to be said of several rights is said once", () => {
  const open = { unproven: "Whether the level is All." };
  const [group] = groupsOf([rightWith(open), rightWith({}), rightWith({ ...open, permission: "Notes" })]);
  expect(group?.alike.map(({ unproven, rights }) => [unproven, rights.length])).toEqual([
    [open.unproven, 2],
    [undefined, 1],
  ]);
});

test("a missing right is named as the losses name it", () => {
  const right = rightWith({ module: "System", permission: "Table Setup", table: "Company / Market" });
  const loss = { feature: "filters", label: "Filters", works: true, says: "Less.", right: rightName(right) };
  expect(rightName(right)).toBe("System > Table Setup, Inquire, Company / Market");
  expect(lossesOf(right, { ...report(true), losses: [loss] })).toEqual([loss]);
  expect(lossesOf(rightWith({}), { ...report(true), losses: [loss] })).toEqual([]);
});
