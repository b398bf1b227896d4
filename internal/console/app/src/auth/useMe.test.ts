import { expect, test } from "vitest";
import { shortName } from "./useMe";

test.each([
  ["demo-admin", "demo-admin"],
  ["ada@example.com", "ada@example.com"],
  ["google-apps|ada.admin@example.com", "ada.admin@example.com"],
  ["auth0|6512bd43d9caa6e02c990b0a", "person 990b0a"],
  ["6a1f7d0e-3b8a-4a51-9d64-0a62e0f3c9d1", "person f3c9d1"],
])("%s is shown as %s", (id, name) => {
  expect(shortName(id)).toBe(name);
});
