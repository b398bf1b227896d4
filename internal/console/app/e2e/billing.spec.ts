import type { Page } from "@playwright/test";
import { look } from "./look";
import { type Kept, map, products, targets, unmapAll } from "./mapped";
import { type Call, connected, expect, signIn, test } from "./test";

test.describe.configure({ mode: "serial" });

let call: Call;

const tenants = ["FinTrust Bank Ltd.", "Medi-Health Clinics Group", "AeroLink Logistics"];

test.beforeAll(async ({ browser }) => {
  call = await connected(browser);
  await unmapAll(call);
});

const open = (page: Page, console: string, person = "Ada Admin", at = "usage") =>
  signIn(page, `${console}/integrations/connectwise/${at}`, person);

/** Goes on once a run of the page is over. */
const over = (page: Page, name: string) =>
  expect(page.getByRole("region", { name, exact: true }).getByText("Done", { exact: true })).toBeVisible({
    timeout: 120_000,
  });

test("postings are set up once, with ConnectWise's time zone proposed", async ({ watched: page, stack }) => {
  await open(page, stack.console);
  await expect(page.getByText("ConnectWise's server says “Eastern Standard Time”")).toBeVisible();
  const zone = page.getByRole("combobox", { name: "Time zone" });
  await expect(zone).toHaveValue("America/New_York");
  await look(page, "billing-setup");
  await zone.fill("berlin");
  await page.getByRole("option", { name: "Europe/Berlin" }).click();
  await page.getByRole("button", { name: "Save & go on" }).click();
  await expect(page.getByText("Nothing is mapped yet")).toBeVisible();
  await look(page, "billing-none");
  await page.getByRole("main").getByRole("link", { name: "Mappings" }).last().click();
  await expect(page.getByRole("heading", { name: "Companies & agreements" })).toBeVisible();
});

test("products have their catalog items", async ({ watched: page, stack }) => {
  await open(page, stack.console, "Ada Admin", "mappings/products");
  for (const [sku, item] of products) {
    await page.getByRole("combobox", { name: `Catalog item of ${sku}` }).fill(item);
    await page
      .getByRole("option", { name: new RegExp(`^${item}`) })
      .first()
      .click();
  }
  await page.getByRole("button", { name: "Save products" }).click();
  await expect(page.getByText("The products are saved.")).toBeVisible();
});

test("a preview shows what would be posted; approved, it is; a second time nothing changes", async ({
  watched: page,
  stack,
  simulator,
}) => {
  const free = await targets(simulator, tenants.length);
  for (const [at, target] of free.entries()) await map(call, tenants[at] ?? "", target);
  await open(page, stack.console);
  await page.getByRole("button", { name: "Preview", exact: true }).click();
  await over(page, "Preview");
  await expect(page.getByText(`${tenants.length} tenants wait for approval`)).toBeVisible();
  await expect(page.getByText("First posting").first()).toBeVisible();
  await expect(page.getByText(/A new line of \d+ begins on/).first()).toBeVisible();
  await look(page, "billing-preview");

  await page.getByRole("button", { name: "Approve", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("without asking again");
  await look(page, "billing-approve");
  await dialog.getByRole("checkbox", { name: "AeroLink Logistics" }).uncheck();
  // Somebody maps one of them to another agreement meanwhile.
  const [elsewhere] = (await targets(simulator, tenants.length + 2)).slice(-1);
  if (!elsewhere) throw new Error("the demo has none");
  await map(call, tenants[1] ?? "", elsewhere);
  await dialog.getByRole("button", { name: "Approve" }).click();
  await expect(dialog.getByText("These were not approved")).toBeVisible();
  await expect(dialog.getByRole("listitem").filter({ hasText: `${tenants[1]}, Core` })).toContainText(
    "Agreement: ",
  );
  await look(page, "billing-approve-changed");
  await dialog.getByRole("button", { name: "Preview again" }).click();
  await expect(page.getByText("2 tenants wait for approval")).toBeVisible({ timeout: 120_000 });
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await dialog.getByRole("checkbox", { name: "AeroLink Logistics" }).uncheck();
  await dialog.getByRole("button", { name: "Approve" }).click();
  await expect(page.getByText("1 tenant waits for approval")).toBeVisible({ timeout: 120_000 });

  await postNow(page);
  await expect(page.getByText(/lines? created/)).toBeVisible();
  await expect(page.getByRole("heading", { name: "Waits for approval" })).toBeVisible();
  await expect(page.getByText("Something was posted after this preview")).toBeVisible();
  await look(page, "billing-posted");

  await page.getByRole("link", { name: "Lines", exact: true }).click();
  await expect(page.getByRole("row").filter({ hasText: "EMAIL-CORE" }).first()).toBeVisible();
  await expect(page.getByText(/^Posted (just now|\d+ minutes? ago)$/).first()).toBeVisible();
  await look(page, "billing-lines");

  await page.getByRole("link", { name: "Post & preview" }).click();
  await postNow(page);
  await expect(page.getByText(/^Nothing was changed\./)).toBeVisible();
});

/** Posts, and waits until that is over. */
async function postNow(page: Page) {
  const { items: before } = await runs();
  await page.getByRole("button", { name: "Post now" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Post", exact: true }).click();
  await expect
    .poll(
      async () => {
        const { items } = await runs();
        return items.length > before.length && items.every(({ active }) => !active);
      },
      { timeout: 120_000 },
    )
    .toBe(true);
  await over(page, "Posting");
}

/** Previews, and waits until that is over. */
async function preview(): Promise<string> {
  const { run } = await call<{ run: { id: string } }>("POST", "/v1/postings/runs", { mode: "preview" });
  const over = () => call<{ active: boolean }>("GET", `/v1/postings/runs/${run.id}`);
  await expect.poll(async () => (await over()).active, { timeout: 120_000 }).toBe(false);
  return run.id;
}

const runs = () => call<{ items: { active: boolean }[] }>("GET", "/v1/postings/runs");

test("a line is held and released, and its history says by whom", async ({ watched: page, stack }) => {
  await open(page, stack.console, "Ada Admin", "usage/lines");
  const line = page.getByRole("row").filter({ hasText: "Posted" }).nth(1);
  await line.getByRole("button", { name: /^Details/ }).click();
  await page.getByRole("button", { name: /^Hold/ }).click();
  await expect(page.getByRole("dialog")).toContainText("until somebody releases it");
  await look(page, "billing-hold");
  await page.getByRole("dialog").getByRole("button", { name: "Hold" }).click();
  await expect(page.getByText("The line is held.")).toBeVisible();
  await expect(page.getByRole("cell", { name: "Held", exact: true })).toBeVisible();
  await look(page, "billing-line");
  await page.getByRole("link", { name: "History of this line" }).click();
  await expect(page.getByRole("row").filter({ hasText: "Held" })).toContainText("by you");
  await expect(page.getByRole("row").filter({ hasText: "New line" })).toContainText("First posting");
  await page.getByRole("link", { name: "All lines" }).click();
  await expect(page.getByRole("row").filter({ hasText: "Approved" }).first()).toBeVisible();
  await look(page, "billing-history");
  await page.getByRole("link", { name: "Lines", exact: true }).click();
  await page
    .getByRole("row")
    .filter({ hasText: "Held" })
    .getByRole("button", { name: /^Details/ })
    .click();
  await page.getByRole("button", { name: /^Release/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Release" }).click();
  await expect(page.getByText("The line is released.")).toBeVisible();
});

test("a line that somebody made by hand is taken over, and then set to what is reported", async ({
  watched: page,
  stack,
  simulator,
}) => {
  const [target] = (await targets(simulator, tenants.length + 1)).slice(-1);
  const item = ((await simulator.list("catalog")) as Kept[]).find(
    ({ identifier }) => identifier === "EMAIL-CORE",
  );
  if (!target || !item) throw new Error("the demo has none");
  await simulator.put("additions", {
    agreement: { id: target.agreement.id },
    product: { id: item.id },
    quantity: 1,
    lessIncluded: 0,
    unitPrice: 2,
    unitCost: 1,
    billCustomer: "Billable",
    effectiveDate: "2020-01-01T00:00:00Z",
  });
  const tenant = await map(call, "Old Mill Bakery (trial)", target);
  await call("POST", "/v1/postings/approve", { preview: await preview(), tenants: [tenant] });
  await open(page, stack.console);
  await postNow(page);
  const state = page
    .getByRole("listitem")
    .filter({ has: page.getByRole("heading", { name: "Lines of others" }) });
  await expect(state).toContainText("EMAIL-CORE");
  await look(page, "billing-others");
  await state.getByRole("button", { name: /^Take over EMAIL-CORE/ }).click();
  await expect(page.getByRole("dialog")).toContainText("counts as ours");
  await page.getByRole("dialog").getByRole("button", { name: "Take over" }).click();
  await expect(page.getByText("The line is taken over.")).toBeVisible();
  await expect(state).toBeHidden();
  await postNow(page);
  await page.getByRole("link", { name: "Lines", exact: true }).click();
  await page.getByRole("searchbox").fill("bakery");
  const line = page.getByRole("row").filter({ hasText: "EMAIL-CORE" });
  await expect(line).toContainText("Posted");
  await line.getByRole("button", { name: /^Details/ }).click();
  await expect(page.getByText(/, taken over/)).toBeVisible();
  await look(page, "billing-taken");
});

test("postings are paused and resumed, and of two savers the second is told", async ({
  watched: page,
  stack,
}) => {
  await open(page, stack.console, "Ada Admin", "usage/settings");
  await page.getByRole("button", { name: "Pause postings" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
  await expect(page.getByText("Postings are paused")).toBeVisible();
  await look(page, "billing-paused");
  await page.getByRole("link", { name: "Post & preview" }).click();
  await expect(page.getByRole("button", { name: "Post now" })).toBeDisabled();
  await page.getByRole("link", { name: "Settings", exact: true }).click();
  await page.getByLabel("Time of day").fill("05:30");
  await call("POST", "/v1/postings/pause", { pause: false });
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText("Somebody else changed these settings.");
  await look(page, "billing-stale");
  await page.getByRole("button", { name: "Show the present settings" }).click();
  await expect(page.getByText("Postings are paused")).toBeHidden();
  await page.getByLabel("Time of day").fill("05:30");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("The settings are saved.")).toBeVisible();
});

test("a posting that a guard stopped shows the lines, and goes on once they are confirmed", async ({
  watched: page,
  stack,
}) => {
  const { items } = await call<{ items: { agreement: object; product: object }[] }>(
    "GET",
    "/v1/postings/lines",
  );
  const [line] = items as { agreement: { id: number }; product: { id: number } }[];
  const run = {
    id: "01J0000000000000000000000A",
    mode: "post",
    active: true,
    day: "2026-03-02",
    by: "schedule",
    askedAt: "2026-03-02T04:05:00Z",
    counts: { agreements: 0, series: 0, updated: 0, created: 0, ended: 0, voided: 0, attention: 0 },
  };
  const offence = {
    agreement: line?.agreement.id,
    product: line?.product.id,
    code: "guard_growth",
    remedy: "Look.",
  };
  let confirmed = false;
  await page.route("**/v1/postings/runs?**", (route) =>
    route.fulfill({
      json: {
        items: confirmed
          ? [{ ...run, state: "running", offences: [], waitsTill: "2026-03-02T04:10:00Z" }]
          : // biome-ignore lint/suspicious/noThenProperty: the API calls it so
            [{ ...run, state: "needs_confirmation", offences: [{ ...offence, was: "30", then: "300" }] }],
      },
    }),
  );
  await page.route("**/v1/postings/runs/*/confirm", (route) => {
    confirmed = true;
    return route.fulfill({ json: { ...run, state: "running", offences: [] } });
  });
  await open(page, stack.console);
  await expect(page.getByText("Nothing was posted: look at 1 line first")).toBeVisible();
  await look(page, "billing-guard");
  await page.getByRole("button", { name: "Confirm these lines" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Confirm and post" }).click();
  await expect(page.getByText("nothing is sent twice")).toBeVisible();
  await look(page, "billing-waiting");
});

test("a member sees everything and changes nothing", async ({ watched: page, stack }) => {
  await open(page, stack.console, "Max Member");
  await expect(page.getByRole("heading", { name: "Preview" })).toBeVisible();
  for (const button of ["Post now", "Preview again", "Approve"]) {
    await expect(page.getByRole("button", { name: button, exact: true })).toHaveCount(0);
  }
  await look(page, "billing-member");
  await page.getByRole("link", { name: "Lines", exact: true }).click();
  await page
    .getByRole("button", { name: /^Details/ })
    .first()
    .click();
  await expect(page.getByRole("link", { name: "History of this line" })).toBeVisible();
  await expect(page.getByRole("button", { name: /^Hold/ })).toHaveCount(0);
  await page.getByRole("link", { name: "Settings", exact: true }).click();
  await expect(page.getByText("Europe/Berlin")).toBeVisible();
  await expect(page.getByRole("button", { name: "Save" })).toHaveCount(0);
});
