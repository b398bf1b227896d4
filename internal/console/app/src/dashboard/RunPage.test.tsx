import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Run, Skip } from "../api/types";
import { type Answers, renderPages } from "../test/render";
import { countsWith, dataTypes, enabled, runWith } from "../test/samples";
import { RunPage } from "./RunPage";

const una: Skip = { type: "companies", id: 7, name: "Una", reason: "invalid", at: enabled.enabledAt };
const over: Partial<Run> = { state: "succeeded", active: false, counts: countsWith({ read: 9, skipped: 1 }) };

function open(run: Run, more: Answers) {
  renderPages([{ path: "runs/:id", element: <RunPage /> }], `/runs/${run.id}`, {
    "GET /v1/me": { account: "acme", product: "Acme", installation: "i", roles: ["admin"] },
    "GET /v1/people": { items: [] },
    "GET /v1/connection": { state: "enabled", enabled },
    "GET /v1/data-types": { items: dataTypes, added: [] },
    [`GET /v1/runs/${run.id}`]: run,
    ...more,
  });
}

test("a run lists what it skipped itself", async () => {
  const run = runWith({ ...over, mode: "full" });
  open(run, { [`GET /v1/runs/${run.id}/skips`]: { items: [una] } });
  expect(await screen.findByRole("rowheader", { name: "Una (7)" })).toBeVisible();
});

test("a run that read numbers only lists what earlier runs skipped", async () => {
  open(runWith({ ...over, mode: "reconcile" }), { "GET /v1/skips": { items: [una] } });
  expect(await screen.findByRole("rowheader", { name: "Una (7)" })).toBeVisible();
  expect(screen.getByText(/Found by earlier syncs/)).toBeVisible();
});

test("an empty list says why", async () => {
  open(runWith({ ...over, mode: "reconcile" }), { "GET /v1/skips": { items: [] } });
  expect(await screen.findByText("None: all are kept by now.")).toBeVisible();
});
