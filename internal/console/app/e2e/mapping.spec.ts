import type { Page } from "@playwright/test";
import { look } from "./look";
import { type Call, connected, expect, signIn, test } from "./test";

interface Row {
  tenant: string;
  name: string;
  etag: string;
  mapped: boolean;
  target: {
    company: { id: number; name?: string };
    agreement: { id: number; name?: string };
    enabled: boolean;
  };
}

let call: Call;

const rows = async (q = "") => {
  const { items } = await call<{ items: Row[] }>("GET", `/v1/mappings?limit=200&q=${encodeURIComponent(q)}`);
  return items;
};

const nothing = { company: { id: 0 }, agreement: { id: 0 }, enabled: false };

/** Takes every mapping away: each spec begins with none. */
async function unmapAll(): Promise<void> {
  for (const { tenant, etag, mapped } of await rows()) {
    if (mapped) await call("PUT", `/v1/mappings/${tenant}`, nothing, { "If-Match": etag });
  }
}

test.beforeAll(async ({ browser }) => {
  call = await connected(browser);
});

test.beforeEach(async () => unmapAll());

const open = (page: Page, console: string, person = "Ada Admin", at = "mappings") =>
  signIn(page, `${console}/integrations/connectwise/${at}`, person);

const line = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name }).first();

/** Types into a search box and takes what it finds. */
async function pick(page: Page, box: string, text: string, option: string | RegExp = text) {
  await page.getByRole("combobox", { name: box }).fill(text);
  await page.getByRole("option", { name: option }).first().click();
}

/** An active company with exactly one agreement that can be used. */
async function simple(): Promise<{ id: number; name: string; agreement: string }> {
  const { items } = await call<{ items: { id: number; name: string }[] }>(
    "GET",
    "/v1/companies/search?limit=50",
  );
  for (const { id, name } of items.filter((one) => /^[A-Z][a-z]+ [A-Z][a-z]+ /.test(one.name))) {
    const { data } = await call<{ data: { status?: { name: string } } }>(
      "GET",
      `/v1/records/companies/${id}`,
    );
    if (data.status?.name !== "Active") continue;
    const found = await call<{ items: { name: string; usable: boolean; company: number }[] }>(
      "GET",
      `/v1/companies/${id}/agreements`,
    );
    const usable = found.items.filter((one) => one.usable && one.company === id);
    if (usable.length === 1 && usable[0] && items.filter((one) => one.name === name).length === 1) {
      return { id, name, agreement: usable[0].name };
    }
  }
  throw new Error("no company has one agreement");
}

test("a tenant is mapped, switched off and taken away", async ({ watched: page, stack }) => {
  const { name, agreement } = await simple();
  await open(page, stack.console);
  await expect(page.getByText("All (60)")).toBeVisible();
  await look(page, "mappings");
  await page.getByRole("searchbox").fill("fintrust");
  await expect(page.getByText("All (1)")).toBeVisible();
  await page.getByRole("button", { name: "Map FinTrust Bank Ltd." }).click();
  const form = page.getByRole("form", { name: "Mapping of FinTrust Bank Ltd." });
  await form.getByRole("button", { name: "Save" }).click();
  await expect(form.getByText("Choose a company")).toBeVisible();
  await page.getByRole("combobox", { name: "Company" }).fill(name.slice(0, 6));
  await expect(page.getByRole("option", { name }).first()).toBeVisible();
  await look(page, "mapping-search");
  await page.getByRole("option", { name }).first().click();
  await expect(form.getByRole("combobox", { name: "Agreement" })).toHaveValue(agreement);
  await look(page, "mapping-editor");
  await form.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText(`FinTrust Bank Ltd. is mapped to ${name}.`)).toBeVisible();
  await expect(line(page, "FinTrust")).toContainText(agreement);

  await page.getByRole("switch", { name: "Sync of FinTrust Bank Ltd." }).press("Space");
  const dialog = page.getByRole("dialog", { name: /Switch off Sync/ });
  await dialog.getByLabel("Set it to zero").check();
  await look(page, "mapping-off");
  await dialog.getByRole("button", { name: "Switch off" }).click();
  await expect(line(page, "FinTrust")).toContainText("Off: set it to zero");

  await page.getByRole("button", { name: "Change FinTrust Bank Ltd." }).click();
  await page.getByRole("button", { name: "Take the mapping away" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Take it away" }).click();
  await expect(line(page, "FinTrust")).toContainText("Not mapped");
});

test("an agreement that cannot be used is shown, with why", async ({ watched: page, stack, simulator }) => {
  const { id, name } = await simple();
  await simulator.put("agreements", { name: "Long gone", company: { id }, agreementStatus: "Expired" });
  await open(page, stack.console);
  await page.getByRole("searchbox").fill("aerolink");
  await page.getByRole("button", { name: "Map AeroLink Logistics" }).click();
  await pick(page, "Company", name);
  await page.getByRole("combobox", { name: "Agreement" }).click();
  const gone = page.getByRole("option", { name: /Long gone/ });
  await expect(gone).toContainText("It is expired in ConnectWise");
  await expect(gone).toHaveAttribute("aria-disabled", "true");
  await look(page, "mapping-agreements");
  await page.getByRole("option", { name: "None: for tickets only" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(line(page, "AeroLink")).toContainText("None: tickets only");
});

test("what ConnectWise would refuse is refused at the row, with the remedy", async ({
  watched: page,
  stack,
  simulator,
}) => {
  const { id } = await simulator.put("companies", {
    identifier: "ShortLived",
    name: "Short Lived Ventures",
    status: { id: 1 },
    deletedFlag: false,
  });
  await open(page, stack.console);
  await page.getByRole("searchbox").fill("aerolink");
  await page.getByRole("button", { name: "Map AeroLink Logistics" }).click();
  await pick(page, "Company", "Short Lived Ventures");
  await expect(page.getByRole("combobox", { name: "Agreement" })).toBeVisible();
  await page.getByRole("combobox", { name: "Agreement" }).click();
  await page.getByRole("option", { name: "None: for tickets only" }).click();
  await simulator.put("companies", { deletedFlag: true }, id);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("alert")).toContainText("Short Lived Ventures is deleted in ConnectWise.");
  await expect(page.getByRole("alert")).toContainText("Choose another company");
  await look(page, "mapping-refused");
});

test("of two people, the second is told, and the row shows what the first saved", async ({
  watched: page,
  browser,
  stack,
}) => {
  const { name } = await simple();
  const second = await (await browser.newContext()).newPage();
  for (const one of [page, second]) {
    await open(one, stack.console);
    await one.getByRole("searchbox").fill("fintrust");
    await expect(one.getByText("All (1)")).toBeVisible();
    await one.getByRole("button", { name: "Map FinTrust Bank Ltd." }).click();
    await pick(one, "Company", name);
    await expect(one.getByRole("combobox", { name: "Agreement" })).toBeVisible();
  }
  await page.getByRole("button", { name: "Save" }).click();
  await expect(line(page, "FinTrust")).toContainText(name);
  await second.getByRole("combobox", { name: "Agreement" }).click();
  await second.getByRole("option", { name: "None: for tickets only" }).click();
  await second.getByRole("button", { name: "Save" }).click();
  await expect(second.getByRole("alert")).toContainText("Somebody else changed FinTrust Bank Ltd.");
  await expect(line(second, "FinTrust")).toContainText(name);
  await look(second, "mapping-stale");
  await second.getByRole("button", { name: "Save" }).click();
  await expect(line(second, "FinTrust")).toContainText("None: tickets only");
});

test("many are mapped at once, and more than fifty one by one with a way back", async ({
  watched: page,
  stack,
}) => {
  const { name } = await simple();
  await open(page, stack.console);
  await page.getByRole("checkbox", { name: "Select this page" }).check();
  await expect(page.getByText("25 selected")).toBeVisible();
  await look(page, "mapping-selected");
  await page.getByRole("button", { name: "Map to a company" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("combobox", { name: "Company" }).fill(name);
  await dialog.getByRole("option", { name }).first().click();
  await expect(dialog.getByRole("combobox", { name: "Agreement" })).toBeVisible();
  await look(page, "mapping-bulk");
  await dialog.getByRole("button", { name: "Map", exact: true }).click();
  await expect(page.getByText("25 mappings saved.")).toBeVisible();
  await expect(page.getByText("Unmapped (35)")).toBeVisible();

  await page.getByRole("checkbox", { name: "Select this page" }).check();
  await page.getByRole("button", { name: "Select all 60" }).click();
  await expect(page.getByText("60 selected")).toBeVisible();
  await page.getByRole("button", { name: "Switch off" }).click();
  await expect(dialog).toContainText("35 tenants stay as they are");
  await dialog.getByRole("button", { name: "Switch off" }).click();
  await expect(page.getByText("60 selected")).toBeHidden();
  expect((await rows()).filter(({ target }) => target.enabled)).toEqual([]);

  await page.getByRole("checkbox", { name: "Select this page" }).check();
  await page.getByRole("button", { name: "Select all 60" }).click();
  await expect(page.getByText("60 selected")).toBeVisible();
  await page.getByRole("button", { name: "Map to a company" }).click();
  await dialog.getByRole("combobox", { name: "Company" }).fill(name);
  await dialog.getByRole("option", { name }).first().click();
  await expect(dialog.getByRole("combobox", { name: "Agreement" })).toBeVisible();
  await dialog.getByRole("button", { name: "Map", exact: true }).click();
  await expect(page.getByRole("heading", { name: "60 mappings saved" })).toBeVisible({ timeout: 120_000 });
  await expect(page.getByText("Unmapped (0)")).toBeVisible();
  await look(page, "mapping-change");
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("heading", { name: "60 mappings taken back" })).toBeVisible({
    timeout: 120_000,
  });
  await expect(page.getByText("Unmapped (35)")).toBeVisible();
});

test("names that match are proposed, applied, and taken back in one click", async ({
  watched: page,
  stack,
}) => {
  await open(page, stack.console);
  await page.getByRole("button", { name: "Map by name" }).click();
  await expect(page.getByRole("heading", { name: /tenants can be mapped by name/ })).toBeVisible({
    timeout: 120_000,
  });
  await look(page, "automap-proposal");
  expect((await rows()).some(({ mapped }) => mapped)).toBe(false);
  await page.getByRole("button", { name: /^Map \d+ tenants$/ }).click();
  await expect(page.getByRole("heading", { name: /mappings saved/ })).toBeVisible({ timeout: 120_000 });
  const mapped = (await rows()).filter((row) => row.mapped);
  expect(mapped.length).toBeGreaterThan(20);
  await look(page, "automap-applied");
  await signIn(page, page.url(), "Ada Admin"); // a reload: tokens are in memory only
  await expect(page.getByRole("heading", { name: /mappings saved/ })).toBeVisible();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("heading", { name: `${mapped.length} mappings taken back` })).toBeVisible({
    timeout: 120_000,
  });
  await expect(page.getByText("Unmapped (60)")).toBeVisible();
  await page.getByRole("button", { name: "Close" }).click();
  await expect(page.getByRole("heading", { name: /taken back/ })).toBeHidden();
});

test("products have a catalog item each, and two meters never share one", async ({
  watched: page,
  stack,
}) => {
  await open(page, stack.console, "Ada Admin", "mappings/products");
  await expect(page.getByText("have no catalog item")).toBeVisible();
  await look(page, "products");
  await page.getByRole("combobox", { name: "Catalog item of Core" }).fill("BUNDLE");
  const bundle = page.getByRole("option", { name: /BUNDLE-ALL/ });
  await expect(bundle).toContainText("A bundle cannot be on an agreement");
  await expect(bundle).toHaveAttribute("aria-disabled", "true");
  await look(page, "products-search");
  await pick(page, "Catalog item of Core", "EMAIL-CORE", /^EMAIL-CORE/);
  await pick(page, "Catalog item of Email Protect", "EMAIL-CORE", /^EMAIL-CORE/);
  await pick(page, "Catalog item of DMARC", "EMAIL-CORE", /^EMAIL-CORE/);
  await page.getByRole("button", { name: "Save products" }).click();
  await expect(page.getByRole("alert")).toContainText("counted differently");
  await look(page, "products-refused");
  await pick(page, "Catalog item of DMARC", "DMARC", /^DMARC/);
  await page.getByRole("button", { name: "Save products" }).click();
  await expect(page.getByText("The products are saved.")).toBeVisible();
  await signIn(page, page.url(), "Ada Admin"); // a reload: tokens are in memory only
  await expect(page.getByRole("combobox", { name: "Catalog item of DMARC" })).toHaveValue("DMARC");
});

test("a member reads the mappings and changes nothing", async ({ watched: page, stack }) => {
  const { id, name } = await simple();
  const [row] = await rows("fintrust");
  const target = { ...nothing, company: { id } };
  await call("PUT", `/v1/mappings/${row?.tenant}`, target, { "If-Match": row?.etag });
  await open(page, stack.console, "Max Member");
  await page.getByRole("searchbox").fill("fintrust");
  await expect(line(page, "FinTrust")).toContainText(name);
  for (const button of ["Map by name", "Change FinTrust Bank Ltd."]) {
    await expect(page.getByRole("button", { name: button })).toHaveCount(0);
  }
  await expect(page.getByRole("checkbox")).toHaveCount(0);
  await look(page, "mapping-member");
  await page.getByRole("link", { name: "Products" }).click();
  await expect(page.getByRole("rowheader", { name: "Core" })).toBeVisible();
  await expect(page.getByRole("combobox")).toHaveCount(0);
  await look(page, "products-member");
});

test("an account without tenants is told where they come from", async ({ watched: page, stack }) => {
  await page.route("**/v1/mappings?**", (route) =>
    route.fulfill({ json: { items: [], all: 0, unmapped: 0, more: false } }),
  );
  await open(page, stack.console);
  await expect(page.getByText("No tenants yet")).toBeVisible();
  await look(page, "mappings-none");
});

test("the wizard's last steps can be done later", async ({ watched: page, stack }) => {
  await open(page, stack.console, "Ada Admin", "setup/tenants");
  await expect(page.getByRole("heading", { level: 2, name: "Companies & agreements" })).toBeVisible();
  await expect(page.getByText("All (60)")).toBeVisible();
  await look(page, "step-tenants");
  await page.getByRole("button", { name: "Next", exact: true }).click();
  await expect(page.getByRole("heading", { level: 2, name: "Products" })).toBeVisible();
  await expect(page.getByRole("combobox", { name: "Catalog item of Core" })).toBeVisible();
  await look(page, "step-products");
  await page.getByRole("button", { name: "Open the dashboard" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "ConnectWise PSA" })).toBeVisible();
});
