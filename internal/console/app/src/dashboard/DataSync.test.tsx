import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { DataType, Run, Skip } from "../api/types";
import { type Answers, renderPages } from "../test/render";
import { countsWith, dataTypes, enabled, runWith } from "../test/samples";
import { Dashboard } from "./Dashboard";
import { DataSync } from "./DataSync";
import { SyncLogs } from "./SyncLogs";
import { choiceOf } from "./useLogChoice";

const routes = [
  {
    path: "integrations/connectwise",
    element: <Dashboard />,
    children: [
      { path: "data-sync", element: <DataSync /> },
      { path: "logs", element: <SyncLogs /> },
    ],
  },
];

const orphan: Skip = {
  type: "contacts",
  id: 7,
  name: "Una",
  reason: "company_not_synced",
  detail: "Company 9 is not here.",
  at: enabled.enabledAt,
};

function open(more: Answers = {}, path = "data-sync", roles = ["admin"]) {
  return renderPages(routes, `/integrations/connectwise/${path}`, {
    "GET /v1/me": { account: "acme", product: "Acme", installation: "i", roles },
    "GET /v1/people": { items: [{ id: "p2", name: "Bea" }] },
    "GET /v1/connection": { state: "enabled", enabled },
    "GET /v1/data-types": { items: dataTypes, added: [] },
    "GET /v1/runs": { items: [] },
    "GET /v1/skips": { items: [] },
    "GET /v1/logs": { items: [] },
    ...more,
  });
}

const proposing: Run = runWith({
  state: "partial",
  active: false,
  mode: "reconcile",
  counts: countsWith({ read: 80, unchanged: 80, missing: 20 }),
  proposal: { state: "open", missing: 20, stored: 100, reason: "More than 5 % of the records are missing." },
});
const waiting = [{ ...(dataTypes[0] as DataType), proposal: proposing.id, lastRun: proposing.id }];
const withProposal: Answers = {
  "GET /v1/data-types": { items: waiting, added: [] },
  [`GET /v1/runs/${proposing.id}`]: proposing,
  [`POST /v1/runs/${proposing.id}/removals`]: proposing,
};
const decided = (sent: ReturnType<typeof open>["sent"]) =>
  sent.filter(({ call }) => call.endsWith("/removals")).map(({ body }) => body);

test("a removal says how much and why it stopped, and is made only after asking again", async () => {
  const { sent } = open(withProposal);
  expect(await screen.findByText("Remove 20 of 100 companies?")).toBeVisible();
  expect(screen.getByText(/More than 5 % of the records are missing/)).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Remove them" }));
  expect(decided(sent)).toEqual([]);
  await userEvent.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Remove 20" }));
  expect(decided(sent)).toEqual([{ confirm: true }]);
});

test("a removal can be turned down", async () => {
  const { sent } = open(withProposal);
  await userEvent.click(await screen.findByRole("button", { name: "Keep them" }));
  expect(decided(sent)).toEqual([{ confirm: false }]);
});

test("a member sees the proposal, and cannot decide", async () => {
  open(withProposal, "data-sync", ["member"]);
  expect(await screen.findByText("An admin of your account can decide.")).toBeVisible();
  expect(screen.queryByRole("button", { name: "Remove them" })).toBeNull();
});

test.each([
  [{ outcome: "kept" }, "Una is synced now."],
  [{ outcome: "skipped", skip: orphan }, /Una still cannot be kept\. Its company is not synced\./],
  [{ outcome: "out_of_scope" }, "Una is left out by the sync filters."],
  [{ outcome: "unknown" }, "Una is not in ConnectWise."],
])("a record that could not be kept is tried again: %j", async (became, says) => {
  open({ "GET /v1/skips": { items: [orphan] }, "POST /v1/records/contacts/7/sync": became });
  expect(await screen.findByRole("cell", { name: /Its company is not synced/ })).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Try again with Una" }));
  expect(await screen.findByText(says)).toBeVisible();
});

test.each([
  ["More for all enabled", "Read everything again", { types: [], mode: "full" }],
  ["More for Companies", "Look for what is gone", { types: ["companies"], mode: "reconcile" }],
])("%s: %s", async (menu, choice, body) => {
  const { sent } = open({ "POST /v1/runs": { items: [] } });
  await userEvent.click(await screen.findByRole("button", { name: menu }));
  await userEvent.click(await screen.findByRole("button", { name: choice, hidden: true }));
  expect(sent.find(({ call }) => call === "POST /v1/runs")?.body).toEqual(body);
});

test("the log's choice is in the address, and people stand there by name", async () => {
  const entry = { at: enabled.enabledAt, event: "run_failed", type: "companies", who: "p2" };
  const { router } = open({ "GET /v1/logs": { items: [entry] } }, "logs?event=run_failed");
  expect(await screen.findByRole("cell", { name: "Bea" })).toBeVisible();
  expect(screen.getByLabelText("What", { selector: "input" })).toHaveValue("Sync failed");
  await userEvent.click(screen.getByRole("button", { name: "Show everything" }));
  expect(router.state.location.search).toBe("");
});

test("the last day of a choice is meant whole", () => {
  const given: Record<string, string> = { from: "2026-03-01", to: "2026-03-01", type: "contacts", who: "x" };
  const { from, to, ...rest } = choiceOf((name) => given[name] ?? "");
  expect(Date.parse(to ?? "") - Date.parse(from ?? "")).toBe(24 * 3600 * 1000);
  expect(rest).toEqual({ type: "contacts", who: "x" });
  expect(choiceOf(() => "nonsense-a-b").from).toBeUndefined();
});
