import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { MappingRow } from "../api/types";
import { Dashboard } from "../dashboard/Dashboard";
import { type Answers, Refusal, renderPages } from "../test/render";
import { dataTypes, enabled } from "../test/samples";
import { Mappings, ProductsTab, TenantsTab } from "./Mappings";

const acme = { id: 7, name: "Acme" };
const gold = { id: 70, name: "Gold" };
const row: MappingRow = {
  tenant: "t1",
  name: "Fin Trust",
  state: "active",
  mapped: true,
  etag: '"4"',
  target: { company: acme, agreement: gold, enabled: true },
};
const products = {
  items: [
    { sku: "core", name: "Core", meter: "seats", addOn: false },
    { sku: "dmarc", name: "DMARC", meter: "domains", addOn: true, item: { id: 5, name: "DMARC-ITEM" } },
  ],
};

const open = (more: Answers = {}, roles = ["admin"], at = "") =>
  renderPages(
    [
      {
        path: "integrations/connectwise",
        element: <Dashboard />,
        children: [
          {
            path: "mappings",
            element: <Mappings />,
            children: [
              { index: true, element: <TenantsTab /> },
              { path: "products", element: <ProductsTab /> },
            ],
          },
        ],
      },
    ],
    `/integrations/connectwise/mappings${at}`,
    {
      "GET /v1/me": { account: "acme", product: "Acme", installation: "i", roles },
      "GET /v1/connection": { state: "enabled", enabled },
      "GET /v1/data-types": { items: dataTypes },
      "GET /v1/people": { items: [] },
      "GET /v1/mappings": { items: [row], all: 1, unmapped: 0, more: false },
      "GET /v1/companies/7/agreements": { items: [{ ...gold, company: 7, usable: true }] },
      "GET /v1/products": products,
      "GET /v1/catalog/search": { items: [{ ...gold, usable: true }] },
      ...more,
    },
  );

test("switching off asks what becomes of the lines", async () => {
  const { sent } = open({ "PUT /v1/mappings/t1": { tenant: "t1", target: row.target, etag: '"5"' } });
  await userEvent.click(await screen.findByRole("switch", { name: "Sync of Fin Trust" }));
  const dialog = await screen.findByRole("dialog");
  expect(sent.some(({ call }) => call.startsWith("PUT"))).toBe(false);
  await userEvent.click(within(dialog).getByRole("radio", { name: "Leave it as it stands" }));
  await userEvent.click(within(dialog).getByRole("button", { name: "Switch off" }));
  const put = sent.find(({ call }) => call === "PUT /v1/mappings/t1");
  expect(put?.body).toEqual({ ...row.target, enabled: false, off: "leave" });
  expect(put?.headers.get("If-Match")).toBe('"4"');
});

test("who was slower is told at the row, which is read again", async () => {
  const stale = { status: 412, title: "", type: "", code: "stale", detail: "Somebody else changed it." };
  const { sent } = open({ "PUT /v1/mappings/t1": new Refusal(412, stale) });
  await userEvent.click(await screen.findByRole("button", { name: "Change Fin Trust" }));
  const before = sent.filter(({ call }) => call === "GET /v1/mappings").length;
  await userEvent.click(await screen.findByRole("button", { name: "Save" }));
  expect(await screen.findByText(/Somebody else changed Fin Trust/)).toBeVisible();
  expect(sent.filter(({ call }) => call === "GET /v1/mappings").length).toBeGreaterThan(before);
});

test("no tenants yet: the page says where they come from", async () => {
  open({ "GET /v1/mappings": { items: [], all: 0, unmapped: 0, more: false } });
  expect(await screen.findByText("No tenants yet")).toBeVisible();
  expect(screen.queryByRole("button", { name: "Map by name" })).toBeNull();
});

test("a member sees what is mapped, and no way to change it", async () => {
  const { sent } = open({}, ["member"]);
  expect(await screen.findByText("Gold")).toBeVisible();
  for (const role of ["checkbox", "switch"]) expect(screen.queryByRole(role)).toBeNull();
  expect(screen.queryByRole("button", { name: /Map by name|Change/ })).toBeNull();
  expect(sent.every(({ call }) => call.startsWith("GET"))).toBe(true);
});

test("what the products lack is said, and a refusal keeps what was chosen", async () => {
  const refusal = {
    status: 422,
    title: "",
    type: "",
    code: "mapping_invalid",
    detail: "Counted differently.",
    remedy: "Own item.",
  };
  open({ "PUT /v1/products": new Refusal(422, refusal) }, ["admin"], "/products");
  expect(await screen.findByText(/1 product has no catalog item/)).toBeVisible();
  await userEvent.click(screen.getByLabelText("Catalog item of DMARC: none"));
  await userEvent.click(screen.getByRole("button", { name: "Save products" }));
  expect(await screen.findByText("Counted differently.")).toBeVisible();
  expect(screen.getByText("Own item.")).toBeVisible();
  expect(screen.getByRole("combobox", { name: "Catalog item of DMARC" })).toHaveValue("");
});
