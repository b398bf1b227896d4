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

/** Gives the API member of the demo ConnectWise a role: one of the simulator's by name, or one with exactly these cells. */
export async function setRole(stack: Stack, role: string | Role): Promise<void> {
  const answer = await fetch(new URL("/_sim/roles", stack.server), {
    method: "PUT",
    headers: { "X-Simulator-Control": "1", "Content-Type": "application/json" },
    body: JSON.stringify(typeof role === "string" ? { name: role } : { role }),
  });
  expect(answer.status, await answer.text()).toBe(200);
}

interface Role {
  name: string;
  cells: Record<string, { inquire: "All" }>;
  /** The setup tables that Table Setup is customised to. */
  tables: string[];
}

/** Opens an address of the console and signs in as one of the demo people. */
export async function signIn(page: Page, address: string, person: string): Promise<void> {
  await page.goto(address);
  await page.getByRole("button", { name: person }).click();
}

export { expect };
