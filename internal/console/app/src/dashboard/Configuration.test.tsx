import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { Connection } from "../api/types";
import { type Answers, Refusal, renderPages } from "../test/render";
import { dataTypes, enabled, report, rightWith } from "../test/samples";
import { Configuration } from "./Configuration";
import { Dashboard } from "./Dashboard";
import { DataSync } from "./DataSync";

const routes = [
  { path: "integrations", element: <p>integrations</p> },
  {
    path: "integrations/connectwise",
    element: <Dashboard />,
    children: [
      { path: "configuration", element: <Configuration /> },
      { path: "data-sync", element: <DataSync /> },
    ],
  },
];

const connected: Connection = { state: "enabled", enabled };
const paused: Connection = {
  state: "enabled",
  enabled: { ...enabled, pause: { sync: true, by: "p1", at: enabled.enabledAt } },
};

function open(connection: Connection, more: Answers = {}, tab = "configuration", roles = ["admin"]) {
  return renderPages(routes, `/integrations/connectwise/${tab}`, {
    "GET /v1/me": { account: "acme", product: "Acme", installation: "i", roles },
    "GET /v1/connection": connection,
    "GET /v1/data-types": { items: dataTypes, added: [] },
    "GET /v1/runs": { items: [] },
    ...more,
  });
}

const bodies = (sent: ReturnType<typeof open>["sent"], call: string) =>
  sent.filter((one) => one.call === call).map(({ body }) => body);

test("pausing is asked for, and said on every tab with the way back", async () => {
  const { sent } = open(connected, { "PUT /v1/connection/pause": paused });
  await userEvent.click(await screen.findByRole("button", { name: "Pause syncing" }));
  expect(bodies(sent, "PUT /v1/connection/pause")).toEqual([{ sync: true }]);
});

test("while paused, syncs cannot be started, and the buttons say why", async () => {
  const { sent } = open(paused, { "PUT /v1/connection/pause": connected }, "data-sync");
  expect(await screen.findByText("Syncing is paused")).toBeVisible();
  for (const name of ["Sync all enabled", "Sync Companies"]) {
    const button = screen.getByRole("button", { name });
    expect(button).toBeDisabled();
    expect(button).toHaveAccessibleDescription(/while syncing is paused/);
  }
  await userEvent.click(await screen.findByRole("button", { name: "Resume syncing" }));
  expect(bodies(sent, "PUT /v1/connection/pause")).toEqual([{ sync: false }]);
});

test("the role is asked about with the keys of the connection in use", async () => {
  const found = { ...report(true), rights: [rightWith({ state: "missing", remedy: "Set it." })] };
  const { sent } = open(connected, { "POST /v1/connection/test": found });
  await userEvent.click(await screen.findByRole("button", { name: "Check permissions" }));
  expect(await screen.findByText("Companies > Contacts, Inquire")).toBeVisible();
  expect(screen.getByRole("button", { name: "Check again" })).toBeVisible();
  const { serverUrl, companyId, types } = enabled;
  expect(bodies(sent, "POST /v1/connection/test")).toEqual([{ serverUrl, companyId, types }]);
});

test.each([
  ["Keep it", "Disconnect", true],
  ["Erase it", "Disconnect and erase", false],
])("disconnecting: %s", async (choice, action, keepData) => {
  const busy = { status: 503, title: "", type: "", code: "busy", detail: "Just now.", remedy: "Later." };
  const { sent } = open(connected, { "POST /v1/connection/disconnect": new Refusal(503, busy) });
  await userEvent.click(await screen.findByRole("button", { name: "Disconnect" }));
  const dialog = await screen.findByRole("dialog");
  expect(bodies(sent, "POST /v1/connection/disconnect")).toEqual([]);
  await userEvent.click(within(dialog).getByLabelText(choice));
  await userEvent.click(within(dialog).getByRole("button", { name: action }));
  expect(bodies(sent, "POST /v1/connection/disconnect")).toEqual([{ keepData }]);
  expect(await within(dialog).findByText("Just now.")).toBeVisible();
});

test("a member sees that it is paused, and no button that changes anything", async () => {
  open(paused, {}, "configuration", ["member"]);
  expect(await screen.findByText("Syncing is paused")).toBeVisible();
  expect(await screen.findByText("You can look, but not change")).toBeVisible();
  const names = /Resume|Check permissions|Disconnect|Save|Update/;
  expect(screen.queryAllByRole("button", { name: names })).toEqual([]);
});
