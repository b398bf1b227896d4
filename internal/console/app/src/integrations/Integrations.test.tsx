import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { Former } from "../api/types";
import { renderPages } from "../test/render";
import { dataTypes, former } from "../test/samples";
import { Integrations } from "./Integrations";

const open = (change: Partial<Former>, roles = ["admin"]) =>
  renderPages([{ path: "integrations", element: <Integrations /> }], "/integrations", {
    "GET /v1/me": { account: "acme", product: "Acme", installation: "i", roles },
    "GET /v1/connection": { state: "none", former: { ...former, ...change } },
    "GET /v1/data-types": { items: dataTypes, added: [] },
    "POST /v1/connection/disconnect": { connection: { state: "none" }, warnings: [] },
  });

test.each([
  ["leaving" as const, "Being disconnected"],
  ["kept" as const, "Disconnected"],
  ["erasing" as const, "Disconnected, and being erased"],
  ["erased" as const, "Disconnected and erased"],
])("a connection that was taken down: %s", async (state, title) => {
  open({ state });
  expect(await screen.findByText(title)).toBeVisible();
  expect(screen.getByText("Not set up")).toBeVisible();
  expect(screen.getByRole("link", { name: "Setup" })).toBeVisible();
  expect(screen.queryByRole("button", { name: "Erase it" }) !== null).toBe(state === "kept");
});

test("callbacks that remain are warned of, with what to do", async () => {
  const warning = { code: "permission_missing", message: "Callbacks remain.", remedy: "Delete them." };
  open({ remaining: ["companies"], warning });
  expect(await screen.findByText(/Callbacks remain\. Delete them\./)).toBeVisible();
});

test("what was kept is erased only after asking, and only by an admin", async () => {
  const { sent } = open({});
  await userEvent.click(await screen.findByRole("button", { name: "Erase it" }));
  const dialog = await screen.findByRole("dialog");
  await userEvent.click(within(dialog).getByRole("button", { name: "Erase it" }));
  const calls = sent.filter(({ call }) => call === "POST /v1/connection/disconnect");
  expect(calls.map(({ body }) => body)).toEqual([{ keepData: false }]);
});

test("a member is told, and offered nothing", async () => {
  open({}, ["member"]);
  expect(await screen.findByText("Disconnected")).toBeVisible();
  expect(screen.queryByRole("button", { name: "Erase it" })).toBeNull();
});
