import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

/** A running psabridge, and the demo ConnectWise beside it. */
export interface Stack {
  console: string;
  server: string;
  companyId: string;
  publicKey: string;
  privateKey: string;
}

const root = resolve(import.meta.dirname, "../../../..");
const results = resolve(import.meta.dirname, "../test-results");
const startedWithin = 120_000;

/** Starts everything from nothing, on a data folder of its own; Playwright calls what it returns at the end. */
export default async function start(): Promise<() => Promise<void>> {
  const data = resolve(results, "data");
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  const program = resolve(results, "local");
  execFileSync("go", ["build", "-o", program, "./internal/cmd/local"], { cwd: root, stdio: "inherit" });
  const child = spawn(program, {
    cwd: root,
    env: { ...process.env, PSABRIDGE_DATA: data, DEMO_COMPANIES: process.env.DEMO_COMPANIES ?? "300" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise<void>((done) => child.on("exit", () => done()));
  const lines: string[] = [];
  const up = new Promise<void>((done, fail) => {
    const late = setTimeout(() => fail(new Error(`not up in time:\n${lines.join("\n")}`)), startedWithin);
    child.on("exit", (code) => fail(new Error(`ended with ${code}:\n${lines.join("\n")}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      if (line.includes("Ctrl-C")) {
        clearTimeout(late);
        done();
      }
    });
  });
  await up;
  process.env.PSABRIDGE_E2E = JSON.stringify(read(lines));
  return async () => {
    child.kill("SIGTERM");
    await exited;
  };
}

function read(lines: string[]): Stack {
  const value = (name: string) => {
    const line = lines.find((candidate) => candidate.trim().startsWith(`${name} `));
    if (!line) throw new Error(`${name} was not said:\n${lines.join("\n")}`);
    return line.trim().slice(name.length).trim();
  };
  return {
    console: value("console"),
    server: value("server"),
    companyId: value("company id"),
    publicKey: value("public key"),
    privateKey: value("private key"),
  };
}

/** The stack that the specs run against. */
export function stack(): Stack {
  return JSON.parse(process.env.PSABRIDGE_E2E ?? "") as Stack;
}
