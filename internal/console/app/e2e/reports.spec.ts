import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { look } from "./look";
import { type Kept, map, products, targets, unmapAll } from "./mapped";
import type { Simulator } from "./simulator";
import { type Call, connected, expect, signIn, test } from "./test";

test.describe.configure({ mode: "serial" });

let call: Call;

const tenants = ["FinTrust Bank Ltd.", "Medi-Health Clinics Group", "AeroLink Logistics"] as const;

const open = (page: Page, console: string, at: string, person = "Ada Admin") =>
  signIn(page, `${console}/integrations/connectwise/${at}`, person);

interface Runs {
  items: { mode: string; active: boolean }[];
}

/** Goes on once no posting and no preview is under way, and there are more of them than before. */
const over = (before: number) =>
  expect
    .poll(
      async () => {
        const { items } = await call<Runs>("GET", "/v1/postings/runs");
        return items.length > before && items.every(({ active }) => !active);
      },
      { timeout: 120_000 },
    )
    .toBe(true);

const howMany = async () => (await call<Runs>("GET", "/v1/postings/runs")).items.length;

interface Sold {
  items: { sku: string; name: string; item?: { id: number } }[];
}

/** The demo's catalog item of each product that is posted. */
async function chooseItems(simulator: Simulator): Promise<void> {
  const { items } = await call<Sold>("GET", "/v1/products");
  if (items.some(({ item }) => item)) return;
  const catalog = (await simulator.list("catalog")) as Kept[];
  const chosen = products.map(([product, identifier]) => [
    items.find(({ name }) => name === product)?.sku,
    { id: catalog.find((item) => item.identifier === identifier)?.id },
  ]);
  await call("PUT", "/v1/products", { items: Object.fromEntries(chosen) }, { "If-Match": '"0"' });
}

test.beforeAll(async ({ browser }) => {
  call = await connected(browser);
  await unmapAll(call);
  const { setUp } = await call<{ setUp: boolean }>("GET", "/v1/postings/settings");
  const settings = { zone: "Europe/Berlin", at: "04:00", policy: "each_period", markers: true, arrears: [] };
  if (!setUp) await call("PUT", "/v1/postings/settings", settings, { "If-Match": '"0"' });
});

test("the overview says what is missing before anything is mapped", async ({ watched: page, stack }) => {
  await open(page, stack.console, "overview");
  const billing = page.getByRole("region", { name: "Usage & billing" });
  await expect(billing).toContainText(/\d+ tenants of \d+ are not mapped/);
  await look(page, "overview-gaps");
});

test("what was reported, posted and billed is on a page and in a file", async ({
  watched: page,
  stack,
  simulator,
}) => {
  await chooseItems(simulator);
  for (const [at, target] of (await targets(simulator, tenants.length)).entries()) {
    await map(call, tenants[at] ?? "", target);
  }
  await open(page, stack.console, "usage");
  let before = await howMany();
  await page.getByRole("button", { name: /^Preview/ }).click();
  await over(before);
  before = await howMany();
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Approve" }).click();
  await over(before);

  await page.getByRole("link", { name: "Overview" }).click();
  await expect(page.getByText(/\d+ lines change, \+[\d.,]+ a period\./)).toBeVisible();
  await look(page, "overview-tonight");

  before = await howMany();
  await call("POST", "/v1/postings/runs", { mode: "post" });
  await over(before);

  await page.getByRole("link", { name: "Usage & billing" }).click();
  await page.getByRole("link", { name: "Month end" }).click();
  const row = page.getByRole("row").filter({ hasText: tenants[0] }).first();
  await expect(row).toContainText(/\d/);
  await expect(page.getByText("Tenant is not mapped").first()).toBeVisible();
  await look(page, "month-end");
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download CSV" }).click();
  const file = await saving;
  expect(file.suggestedFilename()).toMatch(/^usage-\d{4}-\d{2}\.csv$/);
  const lines = readFileSync(await file.path(), "utf8")
    .trim()
    .split("\r\n");
  expect(lines[0]).toMatch(/^month,as_of,tenant_id,tenant,sku,/);
  expect(lines.filter((line) => line.includes(`,${tenants[0]},`)).length).toBeGreaterThan(1);

  await row.getByRole("link", { name: tenants[0] }).click();
  await expect(page.getByRole("img", { name: new RegExp(`of ${tenants[0]}, `) }).first()).toBeVisible();
  await page.getByText("The same as a table").first().click();
  await expect(page.getByRole("columnheader", { name: "On the line" }).first()).toBeVisible();
  await look(page, "trend");

  await page.getByRole("link", { name: "Checks" }).click();
  await expect(page.getByRole("listitem").filter({ hasText: "No line comes twice" })).toContainText(
    "In order",
  );
  await look(page, "posting-checks");
});

test("months without reports, and an API that fails, are said", async ({ watched: page, stack }) => {
  await open(page, stack.console, "usage/month");
  await page.getByRole("combobox", { name: "Month" }).click();
  await page.getByRole("option").last().click();
  await expect(page.getByText("Nothing was reported")).toBeVisible();
  await look(page, "month-none");
  await page.route("**/v1/postings/checks", (route) =>
    route.fulfill({ status: 500, contentType: "application/problem+json", json: failure }),
  );
  await page.getByRole("link", { name: "Checks" }).click();
  await expect(page.getByRole("alert")).toContainText("Something went wrong here.");
  await look(page, "posting-checks-failed");
  await page.unroute("**/v1/postings/checks");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByText("No line comes twice")).toBeVisible();
  await page.getByRole("link", { name: "Trends" }).click();
  await expect(page.getByText("Choose a tenant")).toBeVisible();
  await look(page, "trend-none");
});

const failure = {
  type: "about:blank",
  title: "Internal Server Error",
  status: 500,
  detail: "Something went wrong here.",
  code: "internal",
  remedy: "Try again.",
  requestId: "r1",
};

test("disconnecting lists the lines that go on billing, and ends them first", async ({
  watched: page,
  stack,
}) => {
  await open(page, stack.console, "configuration");
  await page.getByRole("button", { name: "Disconnect" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("go on billing");
  await expect(dialog.getByRole("list", { name: "Lines left open" })).toContainText("EMAIL-CORE");
  await look(page, "disconnect-lines");
  await dialog.getByRole("button", { name: "End these lines first" }).click();
  await expect(dialog.getByText(/lines? (ended|updated)/)).toBeVisible({ timeout: 120_000 });
  await expect(dialog.getByRole("list", { name: "Lines left open" })).toBeHidden();
  await look(page, "disconnect-ended");
});
