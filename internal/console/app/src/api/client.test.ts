import { expect, test, vi } from "vitest";
import { createApi, take, takeTagged } from "./client";
import { asProblem, type ProblemError } from "./problem";

function answering(response: () => Response) {
  const requests: Request[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    requests.push(request);
    return response();
  });
  const tokens = { token: "t0ken", end: vi.fn() };
  return { api: createApi(tokens, "https://console.example.com"), tokens, requests };
}

const refused = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error as ProblemError,
  );

test("the token goes along, and the entity tag comes back", async () => {
  const { api, requests } = answering(() =>
    Response.json({ state: "none" }, { headers: { ETag: '"c0-d0"' } }),
  );
  const answer = await takeTagged(api.GET("/v1/connection"));
  expect(answer).toEqual({ data: { state: "none" }, etag: '"c0-d0"' });
  expect(requests[0]?.headers.get("Authorization")).toBe("Bearer t0ken");
});

test("a list in an address is one parameter", async () => {
  const { api, requests } = answering(() => Response.json({}));
  await take(api.GET("/v1/role-table", { params: { query: { types: ["companies", "contacts"] } } }));
  expect(requests[0]?.url).toBe("https://console.example.com/v1/role-table?types=companies,contacts");
});

test("a problem document keeps code, remedy and request id", async () => {
  const body = {
    type: "about:blank",
    title: "",
    status: 412,
    code: "stale",
    detail: "Changed.",
    remedy: "Reload.",
    requestId: "r1",
  };
  const { api, tokens } = answering(() => Response.json(body, { status: 412 }));
  const problem = await refused(take(api.GET("/v1/me")));
  expect(problem).toMatchObject({
    message: "Changed.",
    code: "stale",
    status: 412,
    remedy: "Reload.",
    requestId: "r1",
  });
  expect(tokens.end).not.toHaveBeenCalled();
});

test("the gateway's own 401 ends the session and is said in our words", async () => {
  const { api, tokens } = answering(() => Response.json({ message: "Unauthorized" }, { status: 401 }));
  expect(await refused(take(api.GET("/v1/me")))).toMatchObject({
    message: "Your session ended.",
    remedy: "Sign in again.",
  });
  expect(tokens.end).toHaveBeenCalledOnce();
});

test.each([
  [
    "a proxy's HTML error",
    () => new Response("<h1>Bad gateway</h1>", { status: 502 }),
    "did not answer as expected",
  ],
  ["a success that is not JSON", () => new Response("<html>", { status: 200 }), "did not answer as expected"],
  ["too many requests", () => Response.json({ message: "x" }, { status: 429 }), "too many requests"],
])("%s is a problem, not a crash", async (_, response, words) => {
  const { api } = answering(response);
  expect((await refused(take(api.GET("/v1/me"))))?.message).toContain(words);
});

test("an answer without a body is fine", async () => {
  const { api } = answering(() => new Response(null, { status: 204 }));
  await expect(take(api.DELETE("/v1/connection/draft"))).resolves.toBeUndefined();
});

test("no connection is said as such", () => {
  expect(asProblem(new TypeError("Failed to fetch")).message).toBe("The server cannot be reached.");
});
