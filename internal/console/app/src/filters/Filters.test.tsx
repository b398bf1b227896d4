import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { Job } from "../api/types";
import { Dashboard } from "../dashboard/Dashboard";
import { SyncFilters } from "../dashboard/SyncFilters";
import { type Answers, Refusal, renderPages } from "../test/render";
import { dataTypes, enabled } from "../test/samples";
import { filterLines, sameFilter, troubleWords } from "./categories";

const job: Job = {
  id: "01J0000000000000000000000J",
  kind: "discover_filters",
  state: "done",
  by: "p1",
  askedAt: enabled.enabledAt,
  expiresAt: enabled.enabledAt,
};
const refused = { code: "permission_missing", message: "No.", remedy: "Add it." };
const discovered: Job = {
  ...job,
  discovery: {
    companies: 2000,
    lists: [
      { category: "types", state: "listed", choices: [{ id: 1, name: "Customer", companies: 7 }] },
      { category: "statuses", state: "refused", choices: [], trouble: refused },
      { category: "territories", state: "empty", choices: [] },
      { category: "markets", state: "listed", choices: [{ id: 5, name: "Dental" }] },
    ],
  },
};
const previewed: Job = {
  ...job,
  preview: {
    filter: {},
    companies: { n: 1234, upTo: false },
    types: [{ type: "contacts", number: { n: 3000, upTo: true } }],
    sample: ["Acme", "Zeta"],
  },
};
const stored = (filter: object) => ({
  of: "connection",
  filter,
  applied: true,
  by: "p1",
  at: enabled.enabledAt,
});

const open = (more: Answers = {}, roles = ["admin"], filter = {}) =>
  renderPages(
    [
      {
        path: "integrations/connectwise",
        element: <Dashboard />,
        children: [{ path: "filters", element: <SyncFilters /> }],
      },
    ],
    "/integrations/connectwise/filters",
    {
      "GET /v1/me": { account: "acme", product: "Acme", installation: "i", roles },
      "GET /v1/people": { items: [] },
      "GET /v1/connection": { state: "enabled", enabled },
      "GET /v1/data-types": { items: dataTypes, added: [] },
      "GET /v1/filters": stored(filter),
      "POST /v1/filters/discover": discovered,
      "POST /v1/filters/preview": previewed,
      ...more,
    },
  );

test("ConnectWise is asked for lists only once somebody wants some companies", async () => {
  const { sent } = open();
  const some = await screen.findByRole("radio", { name: "Only some companies" });
  expect(sent.some(({ call }) => call.endsWith("/discover"))).toBe(false);
  await userEvent.click(some);
  expect(await screen.findByText(/allow Company \/ Company Status/)).toBeVisible();
  expect(screen.getByText("ConnectWise has no territories: there is nothing to choose.")).toBeVisible();
  await userEvent.click(screen.getByLabelText("Company types", { selector: "input" }));
  expect(await screen.findByText("7 companies")).toBeInTheDocument();
});

test("a preview is true to its word, and saving says what it does", async () => {
  const { sent } = open({ "PUT /v1/filters": stored({}) }, ["admin"], { types: [1] });
  await userEvent.click(await screen.findByRole("radio", { name: "All companies" }));
  await userEvent.click(screen.getByRole("button", { name: "Preview" }));
  expect(await screen.findByText("1,234 companies match, of 2,000")).toBeVisible();
  expect(screen.getByText("up to 3,000")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Save filters" }));
  const dialog = await screen.findByRole("dialog");
  expect(dialog).toHaveTextContent("marked as out of scope");
  await userEvent.click(within(dialog).getByRole("button", { name: "Save and sync" }));
  const put = sent.find(({ call }) => call === "PUT /v1/filters");
  expect(put?.body).toEqual({ filter: {} });
  expect(put?.headers.get("If-Match")).toBe('"c1-d1"');
});

test("who was slower is told, and cannot save over it", async () => {
  const problem = { status: 412, title: "", type: "", code: "stale", detail: "Somebody changed it." };
  open({ "PUT /v1/filters": new Refusal(412, problem) }, ["admin"], { types: [1] });
  await userEvent.click(await screen.findByRole("radio", { name: "All companies" }));
  await userEvent.click(screen.getByRole("button", { name: "Save filters" }));
  const dialog = await screen.findByRole("dialog");
  await userEvent.click(within(dialog).getByRole("button", { name: "Save and sync" }));
  expect(await within(dialog).findByText("Somebody changed it.")).toBeVisible();
  expect(within(dialog).getByRole("button", { name: "Save and sync" })).toBeDisabled();
  await userEvent.click(within(dialog).getByRole("button", { name: "Show the present filters" }));
  expect(await screen.findByRole("radio", { name: "Only some companies" })).toBeChecked();
});

test("a job that failed says why, and can be asked for again", async () => {
  const trouble = { code: "connectwise_down", message: "It does not answer.", remedy: "Wait." };
  open({ "POST /v1/filters/preview": { ...job, state: "failed", trouble } });
  await userEvent.click(await screen.findByRole("button", { name: "Preview" }));
  expect(await screen.findByText("It does not answer.")).toBeVisible();
  expect(screen.getByText("Wait.")).toBeVisible();
  expect(screen.getByRole("button", { name: "Try again" })).toBeVisible();
});

test("a member reads the filter, and asks ConnectWise nothing", async () => {
  const { sent } = open({}, ["member"], { markets: [5, 6] });
  expect(await screen.findByText("2 chosen")).toBeVisible();
  expect(sent.filter(({ call }) => call.startsWith("POST"))).toEqual([]);
  expect(screen.queryByRole("button", { name: "Preview" })).toBeNull();
});

test("a filter in words names what is listed, and says what is not", () => {
  expect(filterLines({ markets: [5, 9] }, discovered.discovery)).toEqual([
    ["Markets", "Dental or Id 9, not in ConnectWise's list"],
  ]);
  expect(sameFilter({ types: [2, 1] }, { types: [1, 2], markets: [] })).toBe(true);
  expect(sameFilter({ types: [1] }, { markets: [1] })).toBe(false);
  expect(troubleWords("territories", refused)).toBe("No. Add it.");
});
