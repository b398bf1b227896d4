import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { renderPages } from "../test/render";
import { dataTypes, enabled } from "../test/samples";
import { historyOf, repairedLately, type TypeCallback } from "./callbacks";
import { Dashboard } from "./Dashboard";
import { DataSync } from "./DataSync";
import { Overview } from "./Overview";

const since = "2026-03-01T10:00:00Z";
const active: TypeCallback = { type: "companies", state: "active", since, repairs: 0 };
const repaired: TypeCallback = { ...active, type: "contacts", repairedAt: since, repairs: 1 };

function open(path: string, callbacks: TypeCallback[]) {
  const children = [
    { path: "data-sync", element: <DataSync /> },
    { path: "overview", element: <Overview /> },
  ];
  renderPages(
    [{ path: "integrations/connectwise", element: <Dashboard />, children }],
    `/integrations/connectwise/${path}`,
    {
      "GET /v1/me": { account: "acme", product: "Acme", installation: "i", roles: ["admin"] },
      "GET /v1/people": { items: [] },
      "GET /v1/connection": {
        state: "enabled",
        enabled: { ...enabled, callbacks: { state: "registered", types: callbacks } },
      },
      "GET /v1/data-types": { items: dataTypes, added: [] },
      "GET /v1/runs": { items: [] },
      "GET /v1/skips": { items: [] },
    },
  );
}

test("each type's callback stands there with its state and what became of it", async () => {
  open("data-sync", [active, { ...repaired, state: "inactive" }]);
  const part = await screen.findByRole("region", { name: "Live updates" });
  const rows = within(part).getAllByRole("row");
  expect(rows[1]).toHaveTextContent(/Companies.*Active.*it has worked all the time/);
  expect(rows[2]).toHaveTextContent(/Contacts.*Switched off.*ConnectWise has switched it off/);
});

test.each<[Partial<TypeCallback>, RegExp]>([
  [{ state: "missing" }, /has it no more\. We put it right/],
  [{ state: "changed" }, /Somebody changed it/],
  [{ repairedAt: since, repairs: 1 }, /had stopped calling us\. Put right on Mar 1, 2026, [^,]*\.$/],
  [{ repairedAt: since, repairs: 2 }, /for the 2nd time\.$/],
  [{ repairedAt: since, repairs: 12 }, /for the 12th time\.$/],
])("of a callback that is %j people read %s", (change, says) => {
  expect(historyOf({ ...active, ...change })).toMatch(says);
});

test("for a day the overview tells of a repair", async () => {
  open("overview", [active, { ...repaired, repairedAt: new Date().toISOString() }]);
  expect(await screen.findByText("Live updates of contacts had stopped, and work again")).toBeVisible();
  const at = Date.parse(since);
  expect(repairedLately([active, repaired], at + 23 * 3600 * 1000)).toEqual(["contacts"]);
  expect(repairedLately([active, repaired], at + 25 * 3600 * 1000)).toEqual([]);
});
