import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { type Answers, Refusal, renderPages } from "../test/render";
import { checkWith, dataTypes, draft, report } from "../test/samples";
import { Setup } from "./Setup";

const routes = [{ path: "integrations/connectwise/setup/:step?", element: <Setup /> }];
const visible = checkWith({ name: "permission", type: "companies", visible: 2000, unproven: "Compare." });

const open = (roles: string[], answers: Answers = {}) =>
  renderPages(routes, "/integrations/connectwise/setup/review", {
    "GET /v1/me": { account: "acme", product: "Acme", installation: "i", roles },
    "GET /v1/connection": { state: "draft", draft },
    "GET /v1/data-types": { items: dataTypes, added: [] },
    "POST /v1/connection/test": report(true, visible),
    ...answers,
  });

test("the review says what will come", async () => {
  open(["admin"]);
  expect(await screen.findByText("2,000")).toBeVisible();
  expect(screen.getByText("Companies expected")).toBeVisible();
});

test("a company that another account uses is taken over only after asking", async () => {
  const claimed = {
    status: 409,
    title: "",
    type: "",
    code: "identity_claimed",
    detail: "Another account.",
    remedy: "Take it over.",
  };
  const { sent } = open(["admin"], { "POST /v1/connection/enable": new Refusal(409, claimed) });
  await userEvent.click(await screen.findByRole("button", { name: "Save & enable" }));
  await userEvent.click(await screen.findByRole("button", { name: "Take it over" }));
  const enabling = sent.filter(({ call }) => call === "POST /v1/connection/enable");
  expect(enabling.map(({ body }) => body)).toEqual([{ takeover: false }, { takeover: true }]);
});

test("a member is told why there is no wizard", async () => {
  open(["member"]);
  expect(await screen.findByText("You can look, but not change")).toBeVisible();
  expect(screen.queryByRole("button", { name: "Save & enable" })).toBeNull();
});
