import { expect, test } from "vitest";
import { roleTable } from "../test/samples";
import { excessesOf, laterRights, purposesOf, roleText } from "./roles";

const rowOf = (permission: string) => {
  const row = roleTable.rows.find((candidate) => candidate.permission === permission);
  if (!row) throw new Error(`no row ${permission}`);
  return row;
};

test("every feature says which of a row's columns it needs, where they differ", () => {
  expect(purposesOf(rowOf("Agreements"), roleTable)).toEqual([
    { feature: "Usage posting (Add and Inquire)", without: [] },
    { feature: "Companies & agreements (Inquire)", without: [] },
  ]);
});

test("what is lost without an optional permission is said beside it", () => {
  expect(purposesOf(rowOf("Table Setup"), roleTable)).toEqual([
    { feature: "Filters", without: ["Companies cannot be filtered by type."] },
  ]);
});

test("what guides ask for beyond need is listed once, in the role's order of columns", () => {
  expect(excessesOf(roleTable)).toEqual([
    { cell: "Finance > Agreements", levels: ["Delete"], features: [] },
    { cell: "Finance > Invoicing", levels: ["Add", "Inquire"], features: ["Invoices"] },
  ]);
});

test("rights to add only on demand are one line for each cell", () => {
  expect(laterRights(roleTable.later)).toEqual([
    "System > Table Setup: Add and Edit (Integrator / Callbacks)",
  ]);
});

test("the text to copy has the cells and no others", () => {
  expect(roleText(roleTable).split("\n")).toEqual([
    "Module\tPermission\tAdd\tEdit\tDelete\tInquire\tOnly these setup tables",
    "Finance\tAgreements\tAll\tNone\tNone\tAll",
    "System\tTable Setup\tNone\tNone\tNone\tAll\tCompany / Company Type",
  ]);
});
