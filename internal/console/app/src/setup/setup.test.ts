import { expect, test } from "vitest";
import { checkWith, dataTypes, draft, enabled, report, rightWith } from "../test/samples";
import { checkLabel, summary, summaryColor } from "./checks";
import { missing } from "./connectionValues";
import { withParents } from "./parents";
import { stepsFor } from "./steps";

test.each([
  ["nothing yet", { state: "none" as const }, undefined, "prepare", 7],
  ["nothing yet, and a step that needs a draft", { state: "none" as const }, "review", "prepare", 7],
  ["a draft", { state: "draft" as const, draft }, undefined, "data", 7],
  ["a draft, and a step back", { state: "draft" as const, draft }, "connection", "connection", 7],
  ["enabled", { state: "enabled" as const, enabled }, undefined, "connection", 1],
  [
    "enabled while reviewing, here or elsewhere",
    { state: "enabled" as const, enabled },
    "review",
    "progress",
    7,
  ],
  ["enabled, mapping in the wizard", { state: "enabled" as const, enabled }, "tenants", "tenants", 7],
  ["enabled, with another draft", { state: "enabled" as const, enabled, draft }, "review", "review", 4],
  ["a step that does not exist", { state: "none" as const }, "nonsense", "prepare", 7],
])("%s: the wizard goes on at the right step", (_, connection, wanted, at, count) => {
  const walk = stepsFor(connection, wanted);
  expect([walk.at.key, walk.all.length]).toEqual([at, count]);
});

test("children bring their parents, in the table's order", () => {
  expect(withParents(dataTypes, ["contacts"])).toEqual(["companies", "contacts"]);
  expect(withParents(dataTypes, [])).toEqual([]);
});

const empty = { serverUrl: "", companyId: "", publicKey: "", privateKey: "" };

test("everything is asked for at first", () => {
  expect(Object.keys(missing(empty, false))).toEqual(["serverUrl", "companyId", "publicKey", "privateKey"]);
});

test("stored keys may be left out, but only both", () => {
  const known = { ...empty, serverUrl: "a", companyId: "b" };
  expect(missing(known, true)).toEqual({});
  expect(Object.keys(missing({ ...known, publicKey: "k" }, true))).toEqual(["privateKey"]);
  expect(Object.keys(missing({ ...known, publicKey: " " }, false))).toEqual(["publicKey", "privateKey"]);
});

test("a check is called by what it proves", () => {
  expect(checkLabel(checkWith({ name: "permission", type: "contacts" }), dataTypes)).toBe(
    "May read contacts",
  );
  expect(checkLabel(checkWith({ name: "credentials" }), dataTypes)).toBe("Keys accepted");
});

test("a summary never says that everything passed when something did not", () => {
  expect(summary(report(true, checkWith({})))).toBe("All checks passed.");
  expect(summary(report(true, checkWith({ status: "fail", required: false })))).toContain(
    "limits what can be synced",
  );
  expect(summary(report(false, checkWith({ status: "fail" }), checkWith({ status: "fail" })))).toContain(
    "2 checks",
  );
  expect(summary(report(true, checkWith({ status: "skipped" })))).not.toContain("All");
});

test("a missing permission is a warning, and never a pass", () => {
  const limited = { ...report(true, checkWith({})), rights: [rightWith({ state: "missing" })] };
  expect(summary(limited)).toContain("One permission is missing");
  expect(summaryColor(limited)).toBe("orange");
  expect(summaryColor(report(true, checkWith({ status: "fail", required: false })))).toBe("orange");
  expect(summaryColor(report(false, checkWith({ status: "fail" })))).toBe("red");
  expect(summaryColor(report(true, checkWith({})))).toBe("teal");
});
