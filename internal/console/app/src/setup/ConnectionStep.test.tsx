import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { type Answers, Refusal, renderPages } from "../test/render";
import { checkWith, dataTypes, enabled, endpoint, report } from "../test/samples";
import { Setup } from "./Setup";

const routes = [
  { path: "integrations/connectwise/setup/:step?", element: <Setup /> },
  { path: "integrations/connectwise/:tab", element: <p>dashboard</p> },
];
const me = { account: "acme", product: "Acme", installation: "i", roles: ["admin"], name: "Ada" };

const open = (connection: unknown, more: Answers = {}, step = "connection") =>
  renderPages(routes, `/integrations/connectwise/setup/${step}`, {
    "GET /v1/me": me,
    "GET /v1/connection": connection,
    "GET /v1/data-types": { items: dataTypes, added: [] },
    ...more,
  });

async function enter(values: Record<string, string>) {
  const user = userEvent.setup();
  for (const [label, value] of Object.entries(values)) {
    const field = await screen.findByLabelText(new RegExp(`^${label}`), { selector: "input" });
    await user.clear(field);
    await user.type(field, value);
  }
  return user;
}

const complete = {
  "Server URL": "na.example.net",
  "Company ID": "acme",
  "Public key": "pub",
  "Private key": "s3cret",
};

test("nothing is sent while something is missing, and the first gap has the focus", async () => {
  const { sent } = open({ state: "none" });
  const user = await enter({ "Company ID": "acme" });
  await user.click(screen.getByRole("button", { name: "Test connection" }));
  expect(await screen.findByText("Enter the address at which you open ConnectWise.")).toBeVisible();
  expect(screen.getByLabelText(/^Server URL/)).toHaveFocus();
  expect(sent.filter(({ call }) => call.startsWith("POST"))).toEqual([]);
});

test("a test names what failed, with the remedy", async () => {
  const failed = checkWith({
    name: "credentials",
    status: "fail",
    detail: "Not accepted.",
    remedy: "Make a new key.",
  });
  const { sent } = open(
    { state: "none" },
    { "POST /v1/connection/test": report(false, checkWith({}), failed) },
  );
  const user = await enter(complete);
  await user.click(screen.getByRole("button", { name: "Test connection" }));
  expect(await screen.findByText("Make a new key.")).toBeVisible();
  expect(screen.getByText(/One check did not pass/)).toBeVisible();
  expect(sent.at(-1)?.body).toMatchObject({
    companyId: "acme",
    privateKey: "s3cret",
    types: ["companies", "contacts"],
  });
  await user.type(screen.getByLabelText(/^Company ID/), "x");
  expect(screen.getByText("You changed something since this test.")).toBeVisible();
});

test("saving that fails its test shows the same findings", async () => {
  const failed = checkWith({
    name: "company",
    status: "fail",
    detail: "Unknown.",
    remedy: "Check the company ID.",
  });
  const problem = {
    status: 422,
    title: "",
    type: "",
    code: "test_failed",
    detail: "x",
    report: report(false, failed),
  };
  open({ state: "none" }, { "PUT /v1/connection": new Refusal(422, problem) });
  const user = await enter(complete);
  await user.click(screen.getByRole("button", { name: "Next" }));
  expect(await screen.findByText("Check the company ID.")).toBeVisible();
});

test("keys of a connection in use are never filled in, and may be left out", async () => {
  const connection = { state: "enabled", enabled };
  const { sent, router } = open(connection, {
    "PUT /v1/connection": { connection, report: report(true), rotated: true },
  });
  expect(await screen.findByLabelText(/^Company ID/)).toHaveValue(endpoint.companyId);
  expect(screen.getByLabelText(/^Private key/, { selector: "input" })).toHaveValue("");
  await userEvent.click(screen.getByRole("button", { name: "Test and save" }));
  expect(await screen.findByText("dashboard")).toBeVisible();
  const put = sent.find(({ call }) => call.startsWith("PUT"));
  expect(put?.headers.get("If-Match")).toBe('"c1-d1"');
  expect(router.state.location.pathname).toBe("/integrations/connectwise/configuration");
});

test("a change that somebody else was faster with is not made", async () => {
  const problem = {
    status: 412,
    title: "",
    type: "",
    code: "stale",
    detail: "Somebody changed it.",
    remedy: "Reload.",
    requestId: "r9",
  };
  open({ state: "none" }, { "PUT /v1/connection": new Refusal(412, problem) });
  const user = await enter(complete);
  await user.click(screen.getByRole("button", { name: "Next" }));
  expect(await screen.findByText("Somebody changed it.")).toBeVisible();
  expect(screen.getByText("r9")).toBeVisible();
});
