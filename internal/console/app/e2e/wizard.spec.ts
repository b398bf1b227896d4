import type { Page } from "@playwright/test";
import { look } from "./look";
import { Simulator } from "./simulator";
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

/** What the five data types need, except contacts, and one setup table too few. */
const lacking = {
  name: "Without contacts",
  cells: Object.fromEntries(
    [
      "Companies: Company Maintenance",
      "Companies: Configurations",
      "Procurement: Product Catalog",
      "Sales: Closed Opportunity",
      "Sales: Opportunity",
      "Sales: Opportunity Finance",
      "System: Table Setup",
    ].map((cell) => [cell, { inquire: "All" as const }]),
  ),
  tables: ["Company / Company Status", "Company / Company Type"],
};

test("a permission that is missing is named, with what it costs", async ({ watched: page, stack }) => {
  await new Simulator(stack).role(lacking);
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
  await new Simulator(stack).role("full");
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
  await expect(step(page, "Data types")).toBeVisible();
  await expect(step(page, "Data types")).toBeFocused();
  await look(page, "data-types");

  const other = await (await browser.newContext()).newPage();
  await signIn(other, `${stack.console}/integrations`, "Ada Admin");
  await other.getByRole("link", { name: "Continue setup" }).click();
  await expect(step(other, "Data types")).toBeVisible();
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
  await page.screenshot({ path: "test-results/screens/progress-under-way.png", fullPage: true });
  await expect(page.getByText("The first sync is done")).toBeVisible({ timeout: 100_000 });
  await look(page, "progress-done");
  await page.getByRole("button", { name: "Open the dashboard" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "ConnectWise PSA" })).toBeVisible();
  await look(page, "overview");
});

test("the dashboard's tabs", async ({ watched: page, stack }) => {
  await signIn(page, `${stack.console}/integrations/connectwise/data-sync`, "Ada Admin");
  await expect(page.getByRole("heading", { name: "History" })).toBeVisible();
  await expect(page.getByText("Connected")).toBeVisible();
  await look(page, "data-sync");
  await page.getByRole("link", { name: "Configuration" }).click();
  await expect(page.getByRole("heading", { name: "Connection", exact: true })).toBeVisible();
  await look(page, "configuration");
  await page.getByRole("link", { name: "Records" }).click();
  await expect(page.getByRole("button", { name: "Show more" })).toBeVisible();
  await look(page, "records");
  await page.getByRole("rowheader").first().getByRole("link").click();
  await page.getByRole("button", { name: "Sync this record" }).click();
  await expect(page.getByText("Read from ConnectWise just now.")).toBeVisible();
  await look(page, "record");
  await page.goBack();
  await page.getByRole("link", { name: "Sync logs" }).click();
  await expect(page.getByText("Sync done").first()).toBeVisible();
  await look(page, "logs");
});

test("a sync on demand, and its details", async ({ watched: page, stack }) => {
  await signIn(page, `${stack.console}/integrations/connectwise/data-sync`, "Ada Admin");
  await page.getByRole("button", { name: "Sync all enabled" }).click();
  await expect(page.getByText(/The sync was started|under way already/)).toBeVisible();
  await expect(page.getByRole("cell", { name: "Changes only" }).first()).toBeVisible();
  await page.getByRole("button", { name: "More for Companies" }).click();
  await look(page, "type-menu");
  await page.getByRole("button", { name: "Force reset" }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await look(page, "force-reset");
  await page.getByRole("button", { name: "Go back" }).click();
  await page.getByRole("table").last().getByRole("link").last().click();
  await expect(page.getByRole("heading", { level: 1, name: /Sync of/ })).toBeVisible();
  await look(page, "run");
});

test("new keys, without entering the rest again", async ({ watched: page, stack }) => {
  await signIn(page, `${stack.console}/integrations/connectwise/configuration`, "Ada Admin");
  await page.getByRole("link", { name: "Update configuration" }).click();
  await expect(page.getByLabel("Company ID")).toHaveValue(stack.companyId);
  await look(page, "update");
  await page.getByLabel("Public key").fill(stack.publicKey);
  await page.getByRole("textbox", { name: "Private key" }).fill(stack.privateKey);
  await page.getByRole("button", { name: "Test and save" }).click();
  await expect(page.getByText("The new settings are in use.")).toBeVisible();
});

test("a member may look, not change", async ({ watched: page, stack }) => {
  await signIn(page, `${stack.console}/integrations/connectwise/data-sync`, "Max Member");
  await expect(page.getByText("You can look, but not change")).toBeVisible();
  await expect(page.getByRole("button", { name: "Sync all enabled" })).toBeDisabled();
  await look(page, "member");
});

test("the role is checked again when somebody asks", async ({ watched: page, stack }) => {
  await new Simulator(stack).role(lacking);
  await signIn(page, `${stack.console}/integrations/connectwise/configuration`, "Ada Admin");
  await page.getByRole("button", { name: "Check permissions" }).click();
  await expect(page.getByRole("region", { name: "Permissions: missing" })).toContainText(
    "Companies > Contacts",
  );
  await look(page, "permissions");
  await new Simulator(stack).role("full");
  await page.getByRole("button", { name: "Check again" }).click();
  await expect(page.getByRole("region", { name: "Permissions: missing" })).toBeHidden();
  await expect(page.getByRole("region", { name: "Permissions: proven" })).toContainText(
    "Companies > Contacts",
  );
});

test("a pause holds everything up until somebody resumes", async ({ watched: page, browser, stack }) => {
  await signIn(page, `${stack.console}/integrations/connectwise/configuration`, "Ada Admin");
  await page.getByRole("button", { name: "Pause syncing" }).click();
  await expect(page.getByText("Syncing is paused", { exact: true })).toBeVisible();
  await page.getByRole("link", { name: "Data sync" }).click();
  const sync = page.getByRole("button", { name: "Sync all enabled" });
  await expect(sync).toBeDisabled();
  await expect(sync).toHaveAccessibleDescription(/paused/);
  await look(page, "paused");

  const member = await (await browser.newContext()).newPage();
  await signIn(member, `${stack.console}/integrations/connectwise/configuration`, "Max Member");
  await expect(member.getByText("Syncing is paused", { exact: true })).toBeVisible();
  await expect(member.getByRole("button")).toHaveCount(1); // the account's menu
  await look(member, "paused-member");

  await page.getByRole("button", { name: "Resume syncing" }).click();
  await expect(page.getByText("Syncing is paused", { exact: true })).toBeHidden();
  await expect(sync).toBeEnabled();
});

test("disconnecting says what it does, and leads back to the beginning", async ({
  watched: page,
  browser,
  stack,
}) => {
  await signIn(page, `${stack.console}/integrations/connectwise/configuration`, "Ada Admin");
  await page.getByRole("button", { name: "Disconnect" }).click();
  const dialog = page.getByRole("dialog", { name: "Disconnect ConnectWise PSA?" });
  await expect(dialog).toContainText("Our callbacks are removed");
  await dialog.getByLabel("Erase it").check();
  await expect(dialog.getByRole("button", { name: "Disconnect and erase" })).toBeVisible();
  await dialog.getByLabel("Keep it").check();
  await look(page, "disconnect");
  await dialog.getByRole("button", { name: "Disconnect", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Integrations" })).toBeVisible();
  await expect(page.getByText("Not set up")).toBeVisible();
  await expect(page.getByText("What was synced is kept")).toBeVisible();
  await look(page, "disconnected");

  const member = await (await browser.newContext()).newPage();
  await signIn(member, `${stack.console}/integrations/connectwise/overview`, "Max Member");
  await expect(member.getByText("What was synced is kept")).toBeVisible();
  await expect(member.getByRole("button", { name: "Erase it" })).toBeHidden();
  await look(member, "disconnected-member");

  await page.getByRole("button", { name: "Erase it" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Erase it" }).click();
  await expect(page.getByText("Disconnected, and being erased")).toBeVisible();
  await look(page, "erasing");
  await page.getByRole("link", { name: "Setup" }).click();
  await expect(step(page, "Prepare")).toBeVisible();
});
