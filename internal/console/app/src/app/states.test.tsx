import { screen, waitFor } from "@testing-library/react";
import { Navigate } from "react-router";
import { expect, test } from "vitest";
import { Dashboard } from "../dashboard/Dashboard";
import { DataSync } from "../dashboard/DataSync";
import { Overview } from "../dashboard/Overview";
import { RecordPage } from "../dashboard/RecordPage";
import { Records } from "../dashboard/Records";
import { RunPage } from "../dashboard/RunPage";
import { SyncFilters } from "../dashboard/SyncFilters";
import { SyncLogs } from "../dashboard/SyncLogs";
import { Integrations } from "../integrations/Integrations";
import { Setup } from "../setup/Setup";
import { type Answers, Refusal, renderPages } from "../test/render";
import { dataTypes, draft, enabled, runWith } from "../test/samples";

const run = runWith({ state: "succeeded", active: false });
const base = "/integrations/connectwise";
const routes = [
  { path: "integrations", element: <Integrations /> },
  { path: "integrations/connectwise/setup/:step?", element: <Setup /> },
  {
    path: "integrations/connectwise",
    element: <Dashboard />,
    children: [
      { index: true, element: <Navigate to="overview" /> },
      { path: "overview", element: <Overview /> },
      { path: "data-sync", element: <DataSync /> },
      { path: "filters", element: <SyncFilters /> },
      { path: "records/:type?", element: <Records /> },
      { path: "logs", element: <SyncLogs /> },
    ],
  },
  { path: "integrations/connectwise/data-sync/runs/:id", element: <RunPage /> },
  { path: "integrations/connectwise/records/:type/:id", element: <RecordPage /> },
];

/** An account that is connected and has synced nothing yet. */
const fresh: Answers = {
  "GET /v1/me": { account: "acme", product: "Acme", installation: "i", roles: ["admin"] },
  "GET /v1/people": { items: [] },
  "GET /v1/connection": { state: "enabled", enabled },
  "GET /v1/data-types": { items: dataTypes, added: [] },
  "GET /v1/filters": { of: "connection", filter: {}, applied: true },
  "GET /v1/runs": { items: [] },
  "GET /v1/skips": { items: [] },
  "GET /v1/logs": { items: [] },
  "GET /v1/records/companies": { items: [] },
  [`GET /v1/runs/${run.id}`]: run,
};

const refusal = new Refusal(400, {
  status: 400,
  title: "",
  type: "",
  code: "x",
  detail: "It did not work.",
  remedy: "Do this.",
});

test.each([
  ["integrations", "/integrations", "GET /v1/connection"],
  ["setup", `${base}/setup`, "GET /v1/data-types"],
  ["dashboard", `${base}/overview`, "GET /v1/connection"],
  ["skips", `${base}/data-sync`, "GET /v1/skips"],
  ["history", `${base}/data-sync`, "GET /v1/runs"],
  ["filters", `${base}/filters`, "GET /v1/filters"],
  ["records", `${base}/records/companies`, "GET /v1/records/companies"],
  ["logs", `${base}/logs`, "GET /v1/logs"],
  ["run", `${base}/data-sync/runs/${run.id}`, `GET /v1/runs/${run.id}`],
  ["record", `${base}/records/companies/4`, "GET /v1/records/companies/4"],
])("%s says what went wrong, and tries again", async (_, path, call) => {
  renderPages(routes, path, { ...fresh, [call]: refusal });
  expect(await screen.findByText("It did not work.")).toBeVisible();
  expect(screen.getByText("Do this.")).toBeVisible();
  expect(screen.getByRole("button", { name: "Try again" })).toBeVisible();
});

test.each([
  ["overview", `${base}/overview`, "Sync is in order"],
  ["skips", `${base}/data-sync`, "None: everything that was read is kept."],
  ["history", `${base}/data-sync`, "No sync yet"],
  ["records", `${base}/records/companies`, "No companies yet"],
  ["logs", `${base}/logs`, "Nothing happened yet"],
  ["chosen logs", `${base}/logs?event=run_failed`, "Nothing matches"],
])("%s with nothing in it says so", async (_, path, says) => {
  renderPages(routes, path, fresh);
  expect(await screen.findByText(says)).toBeVisible();
});

test("the wizard's filters may be left alone, and go along where they are chosen", async () => {
  const { sent } = renderPages(routes, `${base}/setup/data`, {
    ...fresh,
    "GET /v1/connection": { state: "draft", draft },
    "GET /v1/filters": { of: "draft", filter: {}, applied: false },
    "PUT /v1/data-types": { items: dataTypes, added: [] },
    "POST /v1/connection/test": { ok: true, checks: [], rights: [], losses: [] },
  });
  const next = await screen.findByRole("button", { name: "Next" });
  await waitFor(() => expect(next).toBeEnabled());
  next.click();
  await screen.findByRole("heading", { name: "Review & enable" });
  const puts = sent.filter(({ call }) => call.startsWith("PUT")).map(({ call }) => call);
  expect(puts).toEqual(["PUT /v1/data-types"]);
  expect(screen.getByText("All of them")).toBeVisible();
});

test("further data types are out of the way, and what is always synced says so", async () => {
  const [companies, contacts] = dataTypes as [(typeof dataTypes)[0], (typeof dataTypes)[0]];
  renderPages(routes, `${base}/setup/prepare`, {
    ...fresh,
    "GET /v1/connection": { state: "none" },
    "GET /v1/role-table": { features: [], rows: [], later: [], differences: [] },
    "GET /v1/data-types": {
      items: [
        companies,
        contacts,
        { ...contacts, type: "agreements", label: "Agreements", always: true },
        { ...contacts, type: "tickets", label: "Tickets", main: false, enabled: false },
      ],
      added: [],
    },
  });
  expect(await screen.findByText("More data types (1)")).toBeVisible();
  expect(screen.getByLabelText("Agreements")).toBeDisabled();
  expect(screen.getByLabelText("Tickets")).not.toBeChecked();
  screen.getByText("More data types (1)").click();
  screen.getByLabelText("Tickets").click();
  expect(await screen.findByText("More data types (1, 1 chosen)")).toBeVisible();
});
