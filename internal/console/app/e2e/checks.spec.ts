import type { Page } from "@playwright/test";
import { look } from "./look";
import { type Fault, type Role, Simulator, withoutClientId } from "./simulator";
import type { Stack } from "./stack";
import { expect, fillConnection, signIn, test } from "./test";

test.describe.configure({ mode: "serial" });

test.afterEach(async ({ stack }) => new Simulator(stack).reset());

/** What the page says of a failed check, by what was found: what happened, and what to do. */
const says = {
  addressInvalid: [/only http and https|address/i, /Enter|Use/],
  companyUnknown: [/does not know this company ID/, /the one you type when you log in/],
  unreachable: [/cannot be reached/, /accept connections from the internet/],
  garbled: [/not one of the ConnectWise API/, /login page, proxy or firewall/],
  down: [/does not answer as it should|did not answer in time/, /Try again in a few minutes/],
  credentials: [/does not accept the keys/, /both keys.*API member is active/],
  clientId: [/does not accept this product's client ID/, /Contact the product's support/],
  notFound: [/does not offer this function/, /server address, the company ID and the keys/],
  noPermission: [/may not/, /security role/],
  throttled: [/asks us to slow down/, /by itself/],
} satisfies Record<string, [RegExp, RegExp]>;

type Outcome = "passed" | "not checked" | keyof typeof says;

/** The checks, in the order in which they stand on the page. */
const names = [
  "Server URL",
  "Server reachable",
  "Company ID known",
  "System information",
  "Keys accepted",
  "May read companies",
  "May read contacts",
  "May read opportunities",
  "May read configurations",
  "May read product catalog",
  "May read agreements",
];

interface Case {
  name: string;
  faults?: Fault[];
  switches?: Record<string, unknown>;
  role?: string;
  codebase?: string;
  /** What is typed instead of the right values. */
  typed?: (stack: Stack) => Partial<Stack>;
  /** The client id does not arrive. */
  anonymous?: boolean;
  /** Outcomes of the checks, in order, up to the right to read contacts; the further types fare as the rest does. */
  want: Outcome[];
  /** The connection can be used all the same. */
  harmless?: boolean;
  /** Somebody does not answer, and the test waits in vain. */
  slow?: boolean;
}

const none: Outcome[] = ["not checked", "not checked", "not checked", "not checked"];
const found: Outcome[] = ["passed", "passed", "passed"];
const noCompany: Outcome[] = ["passed", "passed", "companyUnknown", ...none];
const noAnswer = (why: Outcome): Outcome[] => ["passed", why, "not checked", ...none];
const noKeys = (why: Outcome): Outcome[] => [...found, why, why, "not checked", "not checked"];
const noLists = (why: Outcome): Outcome[] => [...found, "passed", why, "not checked", "not checked"];

const status = (path: string, code: number): Fault => ({ path, kind: "status", status: code });
const late = (path?: string): Fault => ({ path, kind: "latency", delayMs: 60_000 });
const companyInfo = "/login/companyinfo/*";
/** Something that goes wrong with every list of records. */
const lists = (fault: Fault): Fault[] =>
  ["company", "sales", "procurement", "finance"].map((module) => ({ ...fault, path: `/${module}/**` }));
const wrongCompany = ({ companyId }: Stack) => ({ companyId: `${companyId}x` });
const wrongKey = ({ privateKey }: Stack) => ({ privateKey: `${privateKey}x` });

const cases: Case[] = [
  {
    name: "an address that is none",
    typed: () => ({ server: "ftp://na.example.com" }),
    want: ["addressInvalid", "not checked", "not checked", ...none],
  },
  {
    name: "a server that is not there",
    typed: () => ({ server: "http://127.0.0.1:9" }),
    want: noAnswer("unreachable"),
  },
  { name: "an unknown company", typed: wrongCompany, want: noCompany },
  {
    name: "an unknown company, said by 404",
    typed: wrongCompany,
    switches: { unknownCompany404: true },
    want: noCompany,
  },
  {
    name: "a login page at the address",
    faults: [{ path: companyInfo, kind: "html" }],
    want: noAnswer("garbled"),
  },
  { name: "a server that fails", faults: [status(companyInfo, 500)], want: noAnswer("down") },
  {
    name: "an answer cut short",
    faults: [{ path: companyInfo, kind: "truncate" }],
    want: noAnswer("garbled"),
  },
  { name: "a page in place of lists", faults: lists({ kind: "html" }), want: noLists("garbled") },
  {
    name: "system information refused",
    faults: [status("/system/info", 403)],
    want: [...found, "noPermission", "passed", "passed", "passed"],
    harmless: true,
  },
  {
    name: "system information that fails",
    faults: [status("/system/info", 500)],
    want: [...found, "down", "passed", "passed", "passed"],
    harmless: true,
  },
  {
    name: "system information that is a page",
    faults: [{ path: "/system/info", kind: "html" }],
    want: [...found, "garbled", "passed", "passed", "passed"],
    harmless: true,
  },
  { name: "a wrong key", typed: wrongKey, want: noKeys("credentials") },
  {
    name: "a wrong key, system information open to all",
    typed: wrongKey,
    switches: { infoWithoutAuth: true },
    want: noLists("credentials"),
  },
  {
    name: "a wrong key, hidden by the router",
    typed: wrongKey,
    codebase: "v4_6_release/",
    switches: { routerHidesUnauthorized: true },
    want: noKeys("notFound"),
  },
  {
    name: "a role without rights",
    role: "none",
    want: [...found, "passed", "noPermission", "noPermission", "noPermission"],
  },
  { name: "server errors", faults: lists({ kind: "status", status: 500 }), want: noLists("down") },
  { name: "lists cut short", faults: lists({ kind: "truncate" }), want: noLists("garbled") },
  ...[400, 401, 403].map((code) => ({
    name: `the client id refused by ${code}`,
    anonymous: true,
    switches: { clientIdStatus: code },
    want: noKeys("clientId"),
  })),
  {
    name: "no right to read companies",
    faults: [status("/company/companies/**", 403)],
    want: [...found, "passed", "passed", "noPermission", "passed"],
  },
  {
    name: "no right to read contacts",
    faults: [status("/company/contacts/**", 403)],
    want: [...found, "passed", "passed", "passed", "noPermission"],
    harmless: true,
  },
  {
    name: "too many requests",
    faults: lists({ kind: "throttle", retryAfter: 1 }),
    want: noLists("throttled"),
  },
  { name: "silence", faults: [late(companyInfo)], want: noAnswer("down"), slow: true },
  { name: "lists that do not come", faults: lists(late()), want: noLists("down"), slow: true },
  {
    name: "slow everywhere",
    faults: [{ kind: "latency", delayMs: 6000 }, ...lists(late())],
    want: noKeys("down"),
    slow: true,
  },
];

/** Makes what is wrong, and returns what has to be typed for it. */
async function provoke(c: Case, stack: Stack): Promise<{ typed: Partial<Stack>; end: () => void }> {
  const simulator = new Simulator(stack);
  if (c.faults) await simulator.faults(...c.faults);
  if (c.switches) await simulator.switches(c.switches);
  if (c.role) await simulator.role(c.role);
  if (c.codebase) await simulator.upgrade(c.codebase);
  if (!c.anonymous) return { typed: c.typed?.(stack) ?? {}, end: () => undefined };
  const { address, close } = await withoutClientId(stack);
  return { typed: { server: address }, end: close };
}

const rows = (page: Page) =>
  page.getByRole("list", { name: "Checks of the connection" }).getByRole("listitem");

/** The outcomes of all checks: no further type is touched by what is wrong, but by a role without rights. */
function outcomesOf({ want, role }: Case): Outcome[] {
  const further = want.at(-1) === "not checked" ? "not checked" : role ? "noPermission" : "passed";
  return names.map((_, i) => want[i] ?? further);
}

/** Every check stands there with its outcome in words, and every failure with what happened and what to do. */
async function expectOutcomes(page: Page, want: Outcome[]): Promise<void> {
  await expect(rows(page)).toHaveCount(names.length);
  for (const [i, outcome] of want.entries()) {
    const row = rows(page).nth(i);
    const said = outcome === "passed" ? "Passed" : outcome === "not checked" ? "Not checked" : "Failed";
    await expect(row).toContainText(`${names[i]}: ${said}.`);
    if (outcome === "passed" || outcome === "not checked") {
      await expect(row).not.toContainText("What to do:");
      continue;
    }
    const [happened, advice] = says[outcome];
    await expect(row).toContainText(happened);
    await expect(row.getByText("What to do:").locator("..")).toContainText(advice);
  }
}

async function expectEach(page: Page, stack: Stack, some: Case[]): Promise<void> {
  await signIn(page, `${stack.console}/integrations/connectwise/setup/connection`, "Ada Admin");
  for (const c of some) {
    await test.step(c.name, async () => {
      const { typed, end } = await provoke(c, stack);
      await fillConnection(page, stack, typed);
      const answered = page.waitForResponse("**/v1/connection/test", { timeout: 120_000 });
      await page.getByRole("button", { name: "Test connection" }).click();
      expect((await answered).status()).toBe(200);
      await expectOutcomes(page, outcomesOf(c));
      const summary = page.getByRole("status").first();
      await expect(summary).toContainText(c.harmless ? "The connection works." : "did not pass");
      await expect(page.getByText("All checks passed.")).toBeHidden();
      await expect(page.locator("main")).not.toContainText(stack.privateKey);
      end();
      await new Simulator(stack).reset();
    });
  }
}

test("every failing check says what to do", async ({ watched: page, stack }) => {
  await expectEach(
    page,
    stack,
    cases.filter((c) => !c.slow),
  );
});

test("a server that lets people wait is named in time", async ({ watched: page, stack }) => {
  await expectEach(
    page,
    stack,
    cases.filter((c) => c.slow),
  );
});

const cellOf = (row: { module: string; permission: string }) => `${row.module}: ${row.permission}`;

interface RoleRow {
  module: string;
  permission: string;
  tables: string[];
  inquire: string;
  add: string;
  edit: string;
}

/** The role that the wizard's table asks for, and each cell of it that a read can prove. */
function roleOf(table: RoleRow[]): Role {
  const level = (says: string) => (says === "All" ? ("All" as const) : undefined);
  return {
    name: "As the table says",
    cells: Object.fromEntries(
      table.map((row) => [
        cellOf(row),
        { inquire: level(row.inquire), add: level(row.add), edit: level(row.edit) },
      ]),
    ),
    tables: table.flatMap((row) => row.tables),
  };
}

/** Every way to leave one cell of a role out, and how the page calls it. */
function lacking(role: Role): { lacks: string; role: Role }[] {
  const cells = Object.keys(role.cells).filter((cell) => !cell.endsWith("Table Setup"));
  return [
    ...cells.map((cell) => {
      const { [cell]: _, ...rest } = role.cells;
      return { lacks: `${cell.replace(": ", " > ")}, Inquire`, role: { ...role, cells: rest } };
    }),
    ...role.tables.map((table) => ({
      lacks: `System > Table Setup, Inquire, ${table}`,
      role: { ...role, tables: role.tables.filter((other) => other !== table) },
    })),
  ];
}

test("each missing permission is called by its name, and nothing is green that was not proven", async ({
  watched: page,
  stack,
}) => {
  const simulator = new Simulator(stack);
  const answer = page.waitForResponse("**/v1/role-table*");
  await signIn(page, `${stack.console}/integrations/connectwise/setup`, "Ada Admin");
  const table = ((await (await answer).json()) as { rows: RoleRow[] }).rows;
  const full = roleOf(table);
  await page.getByRole("button", { name: "Next" }).click();
  await fillConnection(page, stack);
  const groups = page.getByRole("region", { name: /^Permissions: / });
  const group = (state: string) => page.getByRole("region", { name: `Permissions: ${state}` });
  const ask = async (role: Role) => {
    await simulator.role(role);
    const answered = page.waitForResponse("**/v1/connection/test");
    await page.getByRole("button", { name: "Test connection" }).click();
    await answered;
    await expect(groups.first()).toBeVisible();
  };

  const named = (state: string) =>
    group(state).locator("li").locator("p").filter({ hasText: " > " }).allInnerTexts();
  await ask(full);
  await expect(group("missing")).toBeHidden();
  const proven = await named("proven");
  const shown = [...proven, ...(await named("likely"))];
  for (const { lacks, role } of lacking(full)) {
    await test.step(lacks, async () => {
      await ask(role);
      if (shown.includes(lacks)) {
        const missing = group("missing")
          .getByRole("listitem")
          .filter({ has: page.getByText(lacks) });
        await expect(missing).toHaveCount(1);
        await expect(missing).toContainText("What to do:");
      }
      const green = await named("proven");
      expect(green).not.toContain(lacks);
      expect(proven).toEqual(expect.arrayContaining(green));
    });
  }
  await look(page, "one-cell-missing");
});
