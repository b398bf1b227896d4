import type { Page } from "@playwright/test";
import { look } from "./look";
import { type Call, connected, expect, quiet, signIn, test } from "./test";

test.describe.configure({ mode: "serial" });

let call: Call;

test.beforeAll(async ({ browser }) => {
  call = await connected(browser);
});

test.afterAll(async () => {
  await call("PUT", "/v1/filters", { filter: {} });
  await quiet(call);
});

test.afterEach(async ({ simulator }) => simulator.reset());

const open = (page: Page, console: string, person = "Ada Admin") =>
  signIn(page, `${console}/integrations/connectwise/filters`, person);

/** Opens a list and returns its choices. */
async function choices(page: Page, label: string) {
  await page.getByRole("combobox", { name: label }).click();
  return page.getByRole("option");
}

test("filters are chosen from lists with numbers, previewed and saved", async ({ watched: page, stack }) => {
  await open(page, stack.console);
  await expect(page.getByRole("radio", { name: "All companies" })).toBeChecked();
  await look(page, "filters-all");
  await page.getByRole("radio", { name: "Only some companies" }).check();
  const options = await choices(page, "Company types");
  await expect(options.first()).toContainText(/compan(y|ies)/);
  await look(page, "filters-choosing");
  await options.filter({ hasText: "Client" }).or(options.first()).first().click();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Preview" }).click();
  await expect(page.getByText(/compan(y matches|ies match)/)).toBeVisible();
  await look(page, "filters-preview");

  await page.getByRole("button", { name: "Save filters" }).click();
  const dialog = page.getByRole("dialog", { name: "Save these filters?" });
  await expect(dialog).toContainText("marked as out of scope");
  await expect(dialog.getByText(/compan(y matches|ies match)/)).toBeVisible();
  await look(page, "filters-saving");
  await dialog.getByRole("button", { name: "Save and sync" }).click();
  await expect(page.getByText("Saved. Everything is being read")).toBeVisible();
  await expect(page.getByText(/Last changed .* by you/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Save filters" })).toBeDisabled();
});

test("of two people, the second is told and shown what the first stored", async ({
  watched: page,
  stack,
}) => {
  await open(page, stack.console);
  await expect(page.getByRole("radio", { name: "Only some companies" })).toBeChecked();
  await page.getByRole("radio", { name: "All companies" }).check();
  await call("PUT", "/v1/filters", { filter: { statuses: [1] } });
  await page.getByRole("button", { name: "Save filters" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Save and sync" }).click();
  await expect(dialog.getByText(/Somebody changed the filters/)).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Save and sync" })).toBeDisabled();
  await look(page, "filters-stale");
  await dialog.getByRole("button", { name: "Show the present filters" }).click();
  await expect(page.getByRole("radio", { name: "Only some companies" })).toBeChecked();
  await expect(page.getByRole("button", { name: "Save filters" })).toBeDisabled();
});

test("a list that is refused or empty does not block the others", async ({
  watched: page,
  stack,
  simulator,
}) => {
  await simulator.faults(
    { path: "/company/companies/types/**", kind: "status", status: 403 },
    { path: "/company/marketDescriptions", kind: "empty-list" },
  );
  await open(page, stack.console);
  await page.getByRole("radio", { name: "Only some companies" }).check();
  await expect(page.getByText(/allow Company \/ Company Type/)).toBeVisible();
  await expect(page.getByText("ConnectWise has no markets: there is nothing to choose.")).toBeVisible();
  await expect((await choices(page, "Territories")).first()).toBeVisible();
  await page.keyboard.press("Escape");
  await look(page, "filters-refused");
});

test("a ConnectWise that does not answer is named, and asked again", async ({
  watched: page,
  stack,
  simulator,
}) => {
  await simulator.faults({ path: "/company/**", kind: "status", status: 500 });
  await open(page, stack.console);
  await page.getByRole("radio", { name: "Only some companies" }).check();
  await page.getByRole("button", { name: "Preview" }).click();
  await expect(page.getByRole("alert").first()).toBeVisible({ timeout: 120_000 });
  await look(page, "filters-down");
  await simulator.faults();
  await page.getByRole("button", { name: "Try again" }).first().click();
  await expect(page.getByText(/compan(y matches|ies match)/)).toBeVisible();
});

test("a member reads the filters and changes nothing", async ({ watched: page, stack }) => {
  await call("PUT", "/v1/filters", { filter: { statuses: [1] } });
  await open(page, stack.console, "Max Member");
  await expect(page.getByText("Company statuses")).toBeVisible();
  await expect(page.getByRole("button", { name: "Save filters" })).toBeHidden();
  await look(page, "filters-member");
});
