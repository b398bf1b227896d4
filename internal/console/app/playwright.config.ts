import { defineConfig } from "@playwright/test";

/** As root, in a container, Chromium has no sandbox to stand in. */
const args = ["--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"];
if (process.getuid?.() === 0) args.push("--no-sandbox");

const spec = (name: string) => `${name}.spec.ts`;

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results/out",
  globalSetup: "./e2e/build.ts",
  fullyParallel: false,
  workers: 2,
  forbidOnly: true,
  timeout: 360_000,
  expect: { timeout: 30_000 },
  // Each worker has an installation of its own, new with each project: the first begins with nothing set up, the
  // second is connected, and the third is left.
  projects: [
    { name: "setup", testMatch: ["checks", "document", "session", "wizard"].map(spec) },
    {
      name: "dashboard",
      testMatch: ["billing", "dashboard", "reports", "sync", "filters", "mapping"].map(spec),
    },
    { name: "leaving", testMatch: spec("leaving") },
  ],
  reporter: [["list"]],
  use: {
    viewport: { width: 1280, height: 800 },
    actionTimeout: 40_000,
    trace: { mode: "retain-on-failure", screenshots: false },
    screenshot: "only-on-failure",
    reducedMotion: "reduce",
    launchOptions: { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args },
  },
});
