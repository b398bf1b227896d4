import type { Page } from "@playwright/test";
import { look } from "./look";
import { type Call, connected, expect, quiet, signIn, test } from "./test";

test.describe.configure({ mode: "serial" });

let call: Call;

test.beforeAll(async ({ browser }) => {
  call = await connected(browser);
});

test.afterEach(async ({ simulator }) => simulator.reset());

const open = (page: Page, console: string, tab = "data-sync", person = "Ada Admin") =>
  signIn(page, `${console}/integrations/connectwise/${tab}`, person);

/** Starts a sync of a type in one of its rarer ways. */
async function ask(page: Page, type: string, how: string): Promise<void> {
  await page.getByRole("button", { name: `More for ${type}` }).click();
  await page.getByRole("button", { name: how }).click();
}

test("the data types, live updates and what could not be kept", async ({ watched: page, stack }) => {
  await open(page, stack.console);
  await expect(page.getByRole("heading", { name: "Live updates" })).toBeVisible();
  await expect(page.getByText("ConnectWise tells us of changes")).toBeVisible();
  const types = page.getByRole("region", { name: "Data types" });
  await expect(types.getByRole("rowheader", { name: "Companies" })).toBeVisible();
  await look(page, "sync");
});

test("a callback that ConnectWise switched off is put right, and said", async ({
  watched: page,
  stack,
  simulator,
}) => {
  const contact = (await simulator.list("callbacks")).find(({ type }) => type === "contact");
  await simulator.put("callbacks", { inactiveFlag: true }, contact?.id);
  // Storing the data types has the callbacks looked at, as every hour does.
  const { items } = await call<{ items: { type: string; enabled: boolean }[] }>("GET", "/v1/data-types");
  await call("PUT", "/v1/data-types", {
    types: items.filter(({ enabled }) => enabled).map(({ type }) => type),
  });

  await open(page, stack.console, "overview");
  await expect(page.getByText("Live updates of contacts had stopped, and work again")).toBeVisible();
  await look(page, "overview-repaired");
  await page.getByRole("link", { name: "See the callbacks" }).click();
  const updates = page.getByRole("region", { name: "Live updates" }).getByRole("row");
  await expect(updates.filter({ hasText: "Contacts" })).toContainText(
    /Active.*had stopped calling us\. Put right on/,
  );
  await expect(updates.filter({ hasText: "Companies" })).toContainText("it has worked all the time");
  await look(page, "callbacks");
  const callbacks = await simulator.list("callbacks");
  expect(callbacks.filter((row) => "inactiveFlag" in row && row.inactiveFlag)).toEqual([]);
});

test("many records that are gone wait for a person", async ({ watched: page, stack, simulator }) => {
  await simulator.switches({ deliverCallbacks: false });
  const contacts = await simulator.list("contacts");
  const gone = contacts.slice(0, Math.ceil(contacts.length / 8));
  for (const { id } of gone) await simulator.remove("contacts", id);

  await open(page, stack.console);
  await ask(page, "Contacts", "Look for what is gone");
  const proposal = page.getByRole("note").filter({ hasText: /Remove [\d,]+ of [\d,]+ contacts\?/ });
  await expect(proposal).toBeVisible({ timeout: 120_000 });
  await expect(proposal).toContainText("More than 5 % of the records are missing");
  await look(page, "removal-proposed");
  await page.getByRole("link", { name: "Overview", exact: true }).click();
  await expect(proposal).toBeVisible();
  await look(page, "overview-attention");
  await page.getByRole("button", { name: "Keep them" }).click();
  await expect(proposal).toBeHidden();

  await page.getByRole("link", { name: "Data sync", exact: true }).click();
  await ask(page, "Contacts", "Look for what is gone");
  await expect(proposal).toBeVisible({ timeout: 120_000 });
  await proposal.getByRole("button", { name: "Remove them" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("looked for in ConnectWise once more");
  await look(page, "removal-confirm");
  await dialog.getByRole("button", { name: /^Remove \d/ }).click();
  await expect(page.getByText("The removal has started.")).toBeVisible();
  await expect(proposal).toBeHidden();
  await quiet(call);
  const [first] = gone;
  const record = await call<{ removed?: string }>("GET", `/v1/records/contacts/${first?.id}`);
  expect(record.removed).toBe("deleted");
  await page.goto(`${stack.console}/integrations/connectwise/data-sync`);
  await page.getByRole("button", { name: "Ada Admin" }).click();
  await expect(page.getByRole("cell", { name: "Confirmed removal" }).first()).toBeVisible();
  await page.getByRole("row").filter({ hasText: "Look for what is gone" }).getByRole("link").first().click();
  await expect(page.getByText(/were proposed for removal/)).toBeVisible();
  await expect(page.getByText(/Found by earlier syncs/)).toBeVisible();
  await look(page, "removal-decided");
});

test("a record whose company is missing is listed, tried again, and comes by itself", async ({
  watched: page,
  stack,
  simulator,
}) => {
  const company = 900_001;
  const { id } = await simulator.put("contacts", {
    firstName: "Una",
    lastName: "Companioned",
    company: { id: company },
  });
  await call("POST", "/v1/runs", { types: ["contacts"] });
  await quiet(call);
  await open(page, stack.console);
  const list = page.getByRole("region", { name: "Records that could not be kept" });
  const una = list.getByRole("row").filter({ hasText: `(${id})` });
  await list.getByLabel("Data type of the records").click();
  await page.getByRole("option", { name: "Contacts" }).click();
  await list.getByRole("combobox", { name: "Reason" }).click();
  await page.getByRole("option", { name: "Its company is not synced" }).click();
  const more = list.getByRole("button", { name: "Show more" });
  await expect(list.getByRole("row").nth(1)).toBeVisible();
  // The list may be read anew between two looks at it.
  await expect(async () => {
    if (!(await una.isVisible()) && (await more.isVisible())) await more.click({ timeout: 2000 });
    await expect(una).toContainText("Una Companioned", { timeout: 2000 });
  }).toPass({ timeout: 90_000 });
  await look(page, "skips");
  await una.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByText(/Una Companioned still cannot be kept/)).toBeVisible();

  await simulator.put("companies", { name: "Late Ltd", identifier: "late" }, company);
  await call("POST", "/v1/runs", { types: ["companies", "contacts"] });
  await quiet(call);
  await expect.poll(() => call("GET", `/v1/records/contacts/${id}`)).toMatchObject({ id });
});

test("a sync that fails stands first, with what to do", async ({ watched: page, stack, simulator }) => {
  await simulator.role("none");
  await call("POST", "/v1/runs", { types: ["contacts"], mode: "full" });
  await quiet(call);
  await open(page, stack.console, "overview");
  const first = page.getByRole("main").getByRole("note").first();
  await expect(first).toContainText(/may not/);
  await expect(first).toContainText("security role");
  await expect(page.getByText("Needs attention")).toBeVisible();
  await look(page, "overview-failed");
  await simulator.role("full");
  await call("POST", "/v1/runs", {});
  await quiet(call);
});

test("logs are chosen by type, event, person and day, in the address", async ({ watched: page, stack }) => {
  await open(page, stack.console, "logs");
  const choose = async (label: string, option: string) => {
    await page.getByRole("combobox", { name: label }).click();
    await page.getByRole("option", { name: option, exact: true }).click();
  };
  await choose("Data type", "Contacts");
  await choose("What", "Sync asked for");
  await choose("Who", "You");
  await page.getByLabel("From").fill("2026-01-01");
  await expect(page).toHaveURL(/type=contacts&event=run_queued&who=.+&from=2026-01-01/);
  const rows = page.getByRole("row");
  await expect(rows.nth(1)).toContainText("Sync asked for");
  await expect(page.getByRole("cell", { name: "Sync done", exact: true })).toBeHidden();
  await look(page, "logs-chosen");
  await page.getByLabel("To").fill("2026-01-02");
  await expect(page.getByText("Nothing matches")).toBeVisible();
  await look(page, "logs-nothing");
  await page.getByRole("button", { name: "Show everything" }).click();
  await expect(page).toHaveURL(/logs$/);
  await expect(page.getByRole("cell", { name: "Companies" }).first()).toBeVisible();
});
