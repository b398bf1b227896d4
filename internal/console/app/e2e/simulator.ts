import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "@playwright/test";
import type { Stack } from "./stack";

/** Something that goes wrong at the simulated ConnectWise, for the requests whose path matches. */
export interface Fault {
  path?: string;
  method?: string;
  kind: string;
  status?: number;
  delayMs?: number;
  retryAfter?: number;
  times?: number;
}

/** What a column of a security role allows. */
export type Rights = Partial<Record<"add" | "edit" | "delete" | "inquire", "All">>;

export interface Role {
  name: string;
  cells: Record<string, Rights>;
  /** The setup tables that Table Setup is customised to. */
  tables: string[];
}

/** Steers the demo ConnectWise of a stack. */
export class Simulator {
  constructor(private readonly stack: Pick<Stack, "server">) {}

  /** Gives the API member a role: one of the simulator's by name, or one with exactly these cells. */
  role = (role: string | Role) => this.#send("roles", typeof role === "string" ? { name: role } : { role });

  faults = (...faults: Fault[]) => this.#send("faults", faults);

  switches = (switches: Record<string, unknown>) => this.#send("switches", switches);

  /** Moves the API to another path, as an upgrade of ConnectWise does. */
  upgrade = (codebase: string) => this.#send("upgrade", { codebase });

  /** Writes a record past ConnectWise's rules; without an id it is a new one. */
  put = (table: string, members: Record<string, unknown>, id?: number) =>
    this.#send(`records/${table}${id ? `/${id}` : ""}`, members) as Promise<{ id: number }>;

  remove = (table: string, id: number) => this.#send(`records/${table}/${id}`, undefined, "DELETE");

  /** All records of a table. */
  async list(table: string): Promise<{ id: number; name?: string; type?: unknown }[]> {
    const answer = await this.#ask(`records/${table}`, "GET");
    const lines = (await answer.text()).split("\n").filter(Boolean);
    return lines.map((line) => JSON.parse(line));
  }

  /** How it was at first, but for records. */
  async reset(): Promise<void> {
    await this.faults();
    await this.role("full");
    await this.upgrade("v2026_1/");
    await this.switches({
      infoWithoutAuth: false,
      clientIdStatus: 0,
      routerHidesUnauthorized: false,
      unknownCompany404: false,
    });
  }

  async #send(what: string, body: unknown, method = "PUT"): Promise<unknown> {
    return (await this.#ask(what, method, body)).json();
  }

  async #ask(what: string, method: string, body?: unknown): Promise<Response> {
    const answer = await fetch(new URL(`/_sim/${what}`, this.stack.server), {
      method,
      headers: { "X-Simulator-Control": "1", "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    expect(answer.status, `${method} ${what}`).toBe(200);
    return answer;
  }
}

/** A way to the demo ConnectWise on which the client id gets lost. */
export async function withoutClientId(stack: Stack): Promise<{ address: string; close: () => void }> {
  const to = new URL(stack.server);
  const server: Server = createServer((incoming, outgoing) => {
    const { clientid: _, ...headers } = incoming.headers;
    const { method, url: path } = incoming;
    const onward = request({ host: to.hostname, port: to.port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}`, close: () => server.close() };
}
