import { expect, test } from "./test";

test("the API's document opens in a browser", async ({ page, stack }) => {
  const answer = await page.goto(`${stack.console}/v1/openapi.json`);
  expect(answer?.status()).toBe(200);
  const document = JSON.parse(await page.locator("body").innerText());
  expect(document.openapi).toMatch(/^3\.1/);
  expect(Object.keys(document.paths)).toContain("/v1/connection");
});

test("without a token the API answers 401", async ({ request, stack }) => {
  const answer = await request.get(`${stack.console}/v1/me`);
  expect(answer.status()).toBe(401);
});
