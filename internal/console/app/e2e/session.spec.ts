import { look } from "./look";
import { expect, signIn, test } from "./test";

test("no token is kept in the browser, and the policy allows nothing inline", async ({
  watched: page,
  stack,
}) => {
  const answer = page.waitForResponse((response) => response.url().endsWith("/v1/me"));
  await signIn(page, stack.console, "Max Member");
  const token = (await (await answer).request().allHeaders()).authorization?.replace("Bearer ", "");
  expect(token).toMatch(/^ey/);
  const kept = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
  );
  expect(kept).not.toContain(token);
  expect(kept).not.toContain("access_token");

  const home = await page.request.get(stack.console);
  const policy = home.headers()["content-security-policy"];
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("style-src 'self';");
});

test("the browser's complaints about the policy are heard", async ({ page, stack }) => {
  await signIn(page, stack.console, "Max Member");
  const complaint = page.waitForEvent("console", (message) =>
    message.text().includes("Content Security Policy"),
  );
  await page.evaluate(() => {
    const style = document.createElement("style");
    style.textContent = "body { color: red }";
    document.head.append(style);
  });
  expect((await complaint).type()).toBe("error");
});

test("the address that was asked for is shown after signing in", async ({ watched: page, stack }) => {
  await signIn(page, `${stack.console}/nowhere?x=1`, "Max Member");
  await expect(page.getByRole("heading", { name: "Page not found" })).toBeVisible();
  await expect(page).toHaveURL(`${stack.console}/nowhere?x=1`);
  await expect(page).toHaveTitle(/Page not found · /);
});

test("when a session ends, what was typed stays", async ({ watched: page, context, stack }) => {
  await signIn(page, `${stack.console}/integrations`, "Otto Other");
  await page.getByRole("link", { name: "Setup" }).click();
  await page.getByRole("button", { name: "Next" }).click();
  for (const label of ["Server URL", "Company ID", "Public key"]) await page.getByLabel(label).fill("typed");
  await page.getByRole("textbox", { name: "Private key" }).fill("typed");

  await page.route("**/v1/connection/test", (route) =>
    route.fulfill({ status: 401, json: { message: "Unauthorized" } }),
  );
  await page.getByRole("button", { name: "Test connection" }).click();
  const dialog = page.getByRole("dialog", { name: "Your session ended" });
  await expect(dialog).toBeVisible();
  const opened = context.waitForEvent("page");
  await dialog.getByRole("button", { name: "Sign in again" }).click();
  const window = await opened;
  await window.getByRole("button", { name: "Otto Other" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByLabel("Company ID")).toHaveValue("typed");
});

test("the keyboard reaches the content first, and everything else", async ({ watched: page, stack }) => {
  await signIn(page, `${stack.console}/integrations`, "Otto Other");
  await expect(page.getByRole("link", { name: "Setup" })).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Setup" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
});

test("appearance and signing out", async ({ watched: page, stack }) => {
  await signIn(page, stack.console, "Max Member");
  await page.getByRole("button", { name: "Your account and appearance" }).click();
  await look(page, "menu");
  await page.getByText("Dark", { exact: true }).click();
  await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", "dark");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "You are signed out" })).toBeVisible();
});
