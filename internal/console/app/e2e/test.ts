import { test as base, expect, type Page } from "@playwright/test";
import { type Stack, stack } from "./stack";

/** A page that fails its test if the browser complains: an error in a script, or a breach of the policy. */
export const test = base.extend<{ stack: Stack; watched: Page }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names from the pattern
  stack: async ({}, use) => use(stack()),
  watched: async ({ page }, use) => {
    const complaints: string[] = [];
    watch(page, complaints);
    await use(page);
    expect(complaints).toEqual([]);
  },
});

function watch(page: Page, complaints: string[]): void {
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // A refused request is logged by the browser too; the pages show it themselves.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      complaints.push(message.text());
    }
  });
}

/** Opens an address of the console and signs in as one of the demo people. */
export async function signIn(page: Page, address: string, person: string): Promise<void> {
  await page.goto(address);
  await page.getByRole("button", { name: person }).click();
}

/** Types what leads to the demo ConnectWise, or something else instead. */
export async function fillConnection(page: Page, stack: Stack, change: Partial<Stack> = {}): Promise<void> {
  const values = { ...stack, ...change };
  await page.getByLabel("Server URL").fill(values.server);
  await page.getByLabel("Company ID").fill(values.companyId);
  await page.getByLabel("Public key").fill(values.publicKey);
  await page.getByRole("textbox", { name: "Private key" }).fill(values.privateKey);
}

export { expect };
