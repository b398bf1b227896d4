import { defineConfig } from "@playwright/test";

/** As root, in a container, Chromium has no sandbox to stand in. */
const args = ["--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"];
if (process.getuid?.() === 0) args.push("--no-sandbox");

const spec = (name: string) => `${name}.spec.ts`;

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results/out",
  globalSetup: "./e2e/stack.ts",
  fullyParallel: false,
  workers: 1,
  forbidOnly: true,
  timeout: 240_000,
  expect: { timeout: 15_000 },
  // One installation, in the order of its life; each project also runs by itself, with --no-deps.
  projects: [
    { name: "setup", testMatch: ["checks", "document", "session", "wizard"].map(spec) },
    {
      name: "dashboard",
      testMatch: ["dashboard", "sync", "filters", "mapping", "billing"].map(spec),
      dependencies: ["setup"],
    },
    { name: "leaving", testMatch: spec("leaving"), dependencies: ["dashboard"] },
  ],
  reporter: [["list"]],
  use: {
    viewport: { width: 1280, height: 800 },
    actionTimeout: 20_000,
    trace: "retain-on-failure",
    reducedMotion: "reduce",
    launchOptions: { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args },
  },
});
