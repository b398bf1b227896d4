import { type ChildProcess, spawn } from "node:child_process";
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

/** The repository, where the functions are that a stack runs. */
export const root = resolve(import.meta.dirname, "../../../..");

const results = resolve(import.meta.dirname, "../test-results");

/** What is run; it is built before all specs. */
export const program = resolve(results, "local");

const startedWithin = 200_000;

/** Starts everything from nothing, on a data folder of its own; what it returns ends it. */
export async function start(name: string): Promise<{ stack: Stack; end: () => Promise<void> }> {
  const data = resolve(results, "data", name);
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  const child = spawn(program, {
    cwd: root,
    env: { ...process.env, PSABRIDGE_DATA: data, DEMO_COMPANIES: process.env.DEMO_COMPANIES ?? "200" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise<void>((done) => child.once("exit", () => done()));
  const orphan = () => child.kill();
  process.once("exit", orphan);
  return {
    stack: read(await said(child)),
    end: async () => {
      child.kill("SIGTERM");
      await exited;
      process.off("exit", orphan);
    },
  };
}

/** What the program says until it is up. */
function said(child: ChildProcess): Promise<string[]> {
  const lines: string[] = [];
  return new Promise((done, fail) => {
    const failed = (why: string) => fail(new Error(`${why}:\n${lines.join("\n")}`));
    const late = setTimeout(() => failed("not up in time"), startedWithin);
    child.once("exit", (code) => failed(`ended with ${code}`));
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      lines.push(line);
      if (!line.includes("Ctrl-C")) return;
      clearTimeout(late);
      done(lines);
    });
  });
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
