import { type Browser, test as base, expect, type Page } from "@playwright/test";
import { Simulator } from "./simulator";
import { type Stack, start } from "./stack";

interface Fixtures {
  /** A page that fails its test if the browser complains: an error in a script, or a breach of the policy. */
  watched: Page;
  simulator: Simulator;
}

interface Shared {
  /** What a worker's specs run against: nobody else changes it, or its ConnectWise. */
  stack: Stack;
}

/** The stack of this worker. */
let running: Stack;

export const test = base.extend<Fixtures, Shared>({
  stack: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names from the pattern
    async ({}, use, worker) => {
      const { stack, end } = await start(`${worker.project.name}-${worker.workerIndex}`);
      running = stack;
      await use(stack);
      await end();
    },
    { scope: "worker", auto: true, timeout: 240_000 },
  ],
  simulator: async ({ stack }, use) => use(new Simulator(stack)),
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

/** Asks the API, past the pages. */
export type Call = <T>(method: string, path: string, body?: unknown, headers?: object) => Promise<T>;

/** The API with the token of the demo account's admin. */
export async function asAdmin(browser: Browser): Promise<Call> {
  const { console: base } = running;
  const page = await browser.newPage();
  const request = page.waitForRequest((one) => one.url().endsWith("/v1/me"));
  await signIn(page, base, "Ada Admin");
  const { authorization } = await (await request).allHeaders();
  await page.close();
  return async (method, path, body, headers = {}) => {
    const answer = await fetch(base + path, {
      method,
      headers: { authorization: authorization ?? "", "content-type": "application/json", ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    expect(answer.ok, `${method} ${path}: ${answer.status} ${text}`).toBe(true);
    return (text ? JSON.parse(text) : undefined) as never;
  };
}

/** Waits until no sync is under way. */
export async function quiet(call: Call): Promise<void> {
  const busy = async () => {
    const { items } = await call<{ items: { activeRun?: string }[] }>("GET", "/v1/data-types");
    return items.some((type) => type.activeRun);
  };
  await expect.poll(busy, { timeout: 180_000 }).toBe(false);
}

/** The demo account connected and synced, if it is not yet: so that each spec of the dashboard runs by itself too. */
export async function connected(browser: Browser): Promise<Call> {
  const call = await asAdmin(browser);
  const { server: serverUrl, companyId, publicKey, privateKey } = running;
  const { state } = await call<{ state: string }>("GET", "/v1/connection");
  if (state !== "enabled") {
    await call("PUT", "/v1/connection", { serverUrl, companyId, publicKey, privateKey });
    await call("POST", "/v1/connection/enable", {});
  }
  await quiet(call);
  return call;
}

export { expect };
