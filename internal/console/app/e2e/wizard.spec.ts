import type { Page } from "@playwright/test";
import { look, screens } from "./look";
import { lacking } from "./roles";
import { expect, fillConnection, signIn, test } from "./test";

test.describe.configure({ mode: "serial" });

const step = (page: Page, name: string) => page.getByRole("heading", { level: 2, name });

/** Tests the connection, and returns the named check. */
async function check(page: Page, name: string) {
  await page.getByRole("button", { name: "Test connection" }).click();
  const list = page.getByRole("list", { name: "Checks of the connection" });
  await expect(list).toBeVisible();
  return list.getByRole("listitem").filter({ hasText: name });
}

test("an end customer sees nothing", async ({ watched: page, stack }) => {
  await signIn(page, `${stack.console}/integrations`, "Cleo Customer");
  await expect(page.getByRole("heading", { name: "Page not found" })).toBeVisible();
  await look(page, "customer");
});

test("nothing is set up at first", async ({ watched: page, stack }) => {
  await signIn(page, stack.console, "Ada Admin");
  await expect(page.getByText("Not set up")).toBeVisible();
  await look(page, "integrations-none");
  await page.getByRole("link", { name: "Setup" }).click();
  await expect(step(page, "Prepare")).toBeVisible();
  await expect(page.getByRole("rowheader", { name: "Companies > Contacts" })).toBeVisible();
  await look(page, "prepare");
});

test("what is wrong with a connection is named, with its remedy", async ({ watched: page, stack }) => {
  await signIn(page, `${stack.console}/integrations/connectwise/setup/connection`, "Ada Admin");
  await expect(step(page, "Connection")).toBeVisible();
  await page.getByRole("button", { name: "Test connection" }).click();
  await expect(page.getByLabel("Server URL")).toBeFocused();
  await look(page, "connection-empty");

  await fillConnection(page, stack, { privateKey: "wrong" });
  const row = await check(page, "Keys accepted");
  await expect(row).toContainText("Failed");
  await expect(row).toContainText("What to do:");
  await look(page, "connection-failed");
});

test("a permission that is missing is named, with what it costs", async ({
  watched: page,
  stack,
  simulator,
}) => {
  await simulator.role(lacking);
  await signIn(page, `${stack.console}/integrations/connectwise/setup/connection`, "Ada Admin");
  await fillConnection(page, stack);
  await expect(await check(page, "May read contacts")).toContainText("Failed");
  const missing = page.getByRole("region", { name: "Permissions: missing" });
  const contacts = missing.getByRole("listitem").filter({ hasText: "Companies > Contacts, Inquire" });
  await expect(contacts).toContainText("Contacts: None of it works");
  await expect(contacts).toContainText("set Companies > Contacts, Inquire to All");
  const market = missing.getByRole("listitem").filter({ hasText: "Company / Market" });
  await expect(market).toContainText("(optional)");
  const proven = page.getByRole("region", { name: "Permissions: proven" });
  await expect(proven).toContainText("Companies > Company Maintenance, Inquire");
  await expect(proven).not.toContainText("Contacts");
  await look(page, "connection-missing");
  await simulator.role("full");
});

test("a draft is kept on the server, and goes on in another browser", async ({
  watched: page,
  browser,
  stack,
}) => {
  await signIn(page, `${stack.console}/integrations/connectwise/setup`, "Ada Admin");
  await page.getByRole("button", { name: "Next" }).click();
  await fillConnection(page, stack, { privateKey: `${stack.privateKey} ` });
  await expect(await check(page, "Keys accepted")).toContainText("White space");
  await expect(page.getByText("All checks passed.")).toBeVisible();
  await look(page, "connection-passed");
  await page.getByRole("button", { name: "Next" }).click();
  await expect(step(page, "Data & filters")).toBeVisible();
  await expect(step(page, "Data & filters")).toBeFocused();
  await look(page, "data");

  const other = await (await browser.newContext()).newPage();
  await signIn(other, `${stack.console}/integrations`, "Ada Admin");
  await other.getByRole("link", { name: "Continue setup" }).click();
  await expect(step(other, "Data & filters")).toBeVisible();
  await other.getByRole("button", { name: "Back" }).click();
  await expect(other.getByLabel("Company ID")).toHaveValue(stack.companyId);
  await expect(other.getByRole("textbox", { name: "Private key" })).toHaveValue("");
});

test("enabling leads to a finished first sync", async ({ watched: page, stack }) => {
  await signIn(page, `${stack.console}/integrations/connectwise/setup`, "Ada Admin");
  await page.getByRole("button", { name: "Next" }).click();
  await expect(step(page, "Review & enable")).toBeVisible();
  await expect(page.getByText("All checks passed.")).toBeVisible();
  await look(page, "review");
  await page.getByRole("button", { name: "Save & enable" }).click();
  await expect(step(page, "First sync")).toBeVisible();
  await page.screenshot({ path: `${screens}/progress-under-way.png`, fullPage: true });
  await expect(page.getByText("The first sync is done")).toBeVisible({ timeout: 200_000 });
  await look(page, "progress-done");
  await page.getByRole("link", { name: "Open the dashboard" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "ConnectWise PSA" })).toBeVisible();
  await look(page, "overview");
});
