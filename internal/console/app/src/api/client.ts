import createClient, { type Client } from "openapi-fetch";
import { problemOf } from "./problem";
import type { paths } from "./schema";

/** What the client needs of a session. */
export interface Tokens {
  readonly token: string | undefined;
  end(): void;
}

export type Api = Client<paths>;

/** A typed client of the API that carries the session's token. */
export function createApi(tokens: Tokens, baseUrl = window.location.origin): Api {
  const api = createClient<paths>({
    baseUrl,
    fetch: (request) => globalThis.fetch(request),
    // Lists travel as the document has them: one parameter, with commas.
    querySerializer: { array: { style: "form", explode: false } },
  });
  api.use({
    onRequest({ request }) {
      if (tokens.token) request.headers.set("Authorization", `Bearer ${tokens.token}`);
      return request;
    },
    onResponse({ response }) {
      if (response.status === 401) tokens.end();
    },
  });
  return api;
}

interface Answer<D> {
  data?: D;
  error?: unknown;
  response: Response;
}

/** The answer's data, or the problem it is, thrown. */
export async function take<D>(call: Promise<Answer<D>>): Promise<D> {
  return (await takeTagged(call)).data;
}

/** The answer's data with its entity tag. */
export async function takeTagged<D>(call: Promise<Answer<D>>): Promise<{ data: D; etag: string }> {
  const { data, error, response } = await call.catch((cause: unknown) => {
    // A body that is not JSON is the gateway's or a proxy's.
    if (cause instanceof SyntaxError) throw problemOf(0, null);
    throw cause;
  });
  if (!response.ok) throw problemOf(response.status, error);
  return { data: data as D, etag: response.headers.get("ETag") ?? "" };
}
