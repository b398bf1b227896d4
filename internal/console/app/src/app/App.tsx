import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import { RouterProvider } from "react-router/dom";
import { type Services, ServicesProvider } from "../api/context";
import { asProblem } from "../api/problem";
import { Look } from "./Look";
import { createRouter } from "./router";

/** Only what may pass by itself is tried again. */
function worthRetrying(failures: number, error: unknown): boolean {
  const { status, code } = asProblem(error);
  return failures < 2 && (code === "offline" || status === 429 || status >= 500);
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: { queries: { retry: worthRetrying, staleTime: 2000 }, mutations: { retry: false } },
  });
}

/** The console. */
export function App({ services }: { services: Services }) {
  const [client] = useState(createQueryClient);
  const [router] = useState(createRouter);
  return (
    <Look>
      <ServicesProvider value={services}>
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </ServicesProvider>
    </Look>
  );
}
