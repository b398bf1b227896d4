import { look } from "./look";
import { connected, expect, signIn, test } from "./test";

test.beforeAll(async ({ browser }) => {
  await connected(browser);
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
  await expect(page.getByRole("heading", { level: 2, name: "Prepare" })).toBeVisible();
});
