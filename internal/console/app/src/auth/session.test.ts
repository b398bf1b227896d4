import { beforeEach, expect, test, vi } from "vitest";
import { ownPath, Session } from "./session";

const manager = vi.hoisted(() => ({
  signinRedirect: vi.fn(),
  signinRedirectCallback: vi.fn(),
  signinPopup: vi.fn(),
  signinPopupCallback: vi.fn(),
  settings: undefined as unknown as Record<string, unknown>,
  events: { addUserLoaded: vi.fn(), addAccessTokenExpiring: vi.fn(), addAccessTokenExpired: vi.fn() },
}));

vi.mock("oidc-client-ts", async (original) => ({
  ...(await original<typeof import("oidc-client-ts")>()),
  UserManager: class {
    constructor(settings: Record<string, unknown>) {
      manager.settings = settings;
      Object.assign(this, manager);
    }
  },
}));

const user = (returnTo: string, sub = "p1") => ({
  access_token: "t0ken",
  profile: { sub },
  state: { returnTo },
});
const open = (audience?: string) =>
  new Session(
    { product: "Acme", issuer: "https://login.example.com", clientId: "web", audience },
    "https://console.example.com",
  );

beforeEach(() => vi.clearAllMocks());

test("somebody unknown is sent to the issuer, and the address is remembered", async () => {
  expect(await open().begin("/integrations", "?x=1")).toBe("leaving");
  expect(manager.signinRedirect).toHaveBeenCalledWith({ state: { returnTo: "/integrations?x=1" } });
});

test("who comes back is shown the page that was asked for", async () => {
  manager.signinRedirectCallback.mockResolvedValue(user("/integrations?x=1"));
  const session = open();
  expect(await session.begin("/signed-in", "?code=1")).toEqual({ show: "/integrations?x=1" });
  expect(session.token).toBe("t0ken");
});

test("the window of a second sign-in only reports back", async () => {
  expect(await open().begin("/signed-in/window", "?code=1")).toBe("leaving");
  expect(manager.signinPopupCallback).toHaveBeenCalledOnce();
});

test("signing in again ends the wait", async () => {
  manager.signinRedirectCallback.mockResolvedValue(user("/"));
  manager.signinPopup.mockResolvedValue(user("/"));
  const session = open();
  await session.begin("/signed-in", "");
  const heard = vi.fn();
  session.subscribe(heard);
  session.end();
  expect(session.ended()).toBe(true);
  await session.again();
  expect(session.ended()).toBe(false);
  expect(heard).toHaveBeenCalledTimes(2);
});

test("tokens are kept in memory, and the audience is named", async () => {
  open("api");
  const { userStore, extraQueryParams, automaticSilentRenew } = manager.settings;
  await (userStore as { set: (key: string, value: string) => Promise<void> }).set("user", "t0ken");
  expect(JSON.stringify({ ...localStorage, ...sessionStorage })).not.toContain("t0ken");
  expect(extraQueryParams).toEqual({ audience: "api" });
  expect(automaticSilentRenew).toBe(false);
});

test.each([
  ["/integrations?x=1", "/integrations?x=1"],
  ["//evil.example", "/"],
  ["/\\evil.example", "/"],
  ["https://evil.example", "/"],
  ["javascript:alert(1)", "/"],
  [undefined, "/"],
])("%s leads to %s", (path, expected) => {
  expect(ownPath(path)).toBe(expected);
});
