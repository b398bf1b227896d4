import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import { createMemoryRouter, type RouteObject, RouterProvider } from "react-router";
import { vi } from "vitest";
import { createApi } from "../api/client";
import { type Services, ServicesProvider } from "../api/context";
import { createQueryClient } from "../app/App";
import { Look } from "../app/Look";

/** What the API answers: a value, or a status with a value, by "GET /v1/me". */
export type Answers = Record<string, unknown>;

export class Refusal {
  constructor(
    readonly status: number,
    readonly body: unknown,
  ) {}
}

/** Renders pages against an API that answers as told, and notes what was sent. */
export function renderPages(routes: RouteObject[], path: string, answers: Answers) {
  const sent: { call: string; body: unknown; headers: Headers }[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const call = `${request.method} ${new URL(request.url).pathname}`;
    const text = await request.clone().text();
    const body = text ? JSON.parse(text) : undefined;
    sent.push({ call, body, headers: request.headers });
    const answer = answers[call];
    if (answer instanceof Refusal) {
      return Response.json(answer.body, {
        status: answer.status,
        headers: { "Content-Type": "application/problem+json" },
      });
    }
    if (answer === undefined) throw new Error(`the test does not say what ${call} answers`);
    return Response.json(answer, { headers: { ETag: '"c1-d1"' } });
  });
  const tokens = { token: "t0ken", end: vi.fn() };
  const services: Services = {
    config: { product: "Acme", issuer: "https://login.example.com", clientId: "web" },
    session: {
      subject: "p1",
      ended: () => false,
      subscribe: () => () => {},
      again: vi.fn(),
      signOut: vi.fn(),
    },
    api: createApi(tokens, "https://console.example.com"),
  };
  const router = createMemoryRouter(routes, { initialEntries: [path] });
  render(
    <Look>
      <ServicesProvider value={services}>
        <QueryClientProvider client={createQueryClient()}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </ServicesProvider>
    </Look>,
  );
  return { sent, router, tokens };
}
