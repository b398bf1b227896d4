import { look } from "./look";
import { lacking } from "./roles";
import { connected, expect, signIn, test } from "./test";

test.describe.configure({ mode: "serial" });

test.beforeAll(async ({ browser }) => {
  await connected(browser);
});

test("the dashboard's tabs", async ({ watched: page, stack }) => {
  await signIn(page, `${stack.console}/integrations/connectwise/data-sync`, "Ada Admin");
  await expect(page.getByRole("heading", { name: "History" })).toBeVisible();
  await expect(page.getByText("Connected")).toBeVisible();
  await look(page, "data-sync");
  await page.getByRole("link", { name: "Configuration", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Connection", exact: true })).toBeVisible();
  await look(page, "configuration");
  await page.getByRole("link", { name: "Records", exact: true }).click();
  await expect(page.getByRole("button", { name: "Show more" })).toBeVisible();
  await look(page, "records");
  await page.getByRole("rowheader").first().getByRole("link").click();
  await page.getByRole("button", { name: "Sync this record" }).click();
  await expect(page.getByText("Read from ConnectWise just now.")).toBeVisible();
  await look(page, "record");
  await page.goBack();
  await page.getByRole("link", { name: "Sync logs", exact: true }).click();
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

test("the role is checked again when somebody asks", async ({ watched: page, stack, simulator }) => {
  await simulator.role(lacking);
  await signIn(page, `${stack.console}/integrations/connectwise/configuration`, "Ada Admin");
  await page.getByRole("button", { name: "Check permissions" }).click();
  await expect(page.getByRole("region", { name: "Permissions: missing" })).toContainText(
    "Companies > Contacts",
  );
  await look(page, "permissions");
  await simulator.role("full");
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
  await page.getByRole("link", { name: "Data sync", exact: true }).click();
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
