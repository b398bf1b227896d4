import { queryOptions } from "@tanstack/react-query";
import { type Api, take, takeTagged } from "../api/client";
import { liveInterval, pages } from "../api/queries";
import type { PlannedAgreement, PostingEntry, PostingRun, StatementRow } from "../api/types";

export const keys = {
  settings: ["posting-settings"],
  lines: ["posting-lines"],
  runs: ["posting-runs"],
  plans: ["posting-plans"],
  history: ["posting-history"],
  mapped: ["mappings", "how-many"],
  statement: ["posting-statement"],
  trends: ["posting-trends"],
  checks: ["posting-checks"],
} as const;

/** How many items the API gives at once. */
const most = 200;
const pageSize = 50;
/** How often a run is looked at that waits, for ConnectWise or a person, in milliseconds. */
const waitInterval = 10_000;

/** When and how usage is posted. */
export const settingsQuery = (api: Api) =>
  queryOptions({
    queryKey: keys.settings,
    queryFn: () => takeTagged(api.GET("/v1/postings/settings")),
  });

/** What is billed, line by line. */
export const linesQuery = (api: Api) =>
  queryOptions({
    queryKey: keys.lines,
    queryFn: async () => (await take(api.GET("/v1/postings/lines"))).items,
  });

/** Our lines that have no end. */
export const openLinesQuery = (api: Api) =>
  queryOptions({
    queryKey: [...keys.lines, "open"],
    queryFn: async () => (await take(api.GET("/v1/postings/open-lines"))).items,
  });

/** How soon a run is to be looked at again. */
function interval(runs: PostingRun[]): number | false {
  const active = runs.filter((run) => run.active);
  if (active.length === 0) return false;
  return active.some((run) => run.state === "running" && !run.waitsTill) ? liveInterval : waitInterval;
}

/** The latest postings and previews, looked at again while one is under way. */
export const postingsQuery = (api: Api) =>
  queryOptions({
    queryKey: [...keys.runs, "latest"],
    queryFn: async () =>
      (await take(api.GET("/v1/postings/runs", { params: { query: { limit: pageSize } } }))).items,
    refetchInterval: (query) => interval(query.state.data ?? []),
  });

/** All that a preview found. */
export const planQuery = (api: Api, id: string) =>
  queryOptions({
    queryKey: [...keys.plans, id],
    queryFn: async () => {
      const all: PlannedAgreement[] = [];
      for (let after: string | undefined, more = true; more; ) {
        const query = { after, limit: most };
        const page = await take(api.GET("/v1/postings/runs/{id}/plan", { params: { path: { id }, query } }));
        all.push(...page.items);
        after = page.next;
        more = after !== undefined;
      }
      return all;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Which line's history; of all lines without one. */
export interface OfLine {
  agreement: number;
  product: number;
}

export const historyQuery = (api: Api, line?: OfLine) =>
  pages<PostingEntry>([...keys.history, line ?? "all"], (after) =>
    take(api.GET("/v1/postings/history", { params: { query: { ...line, after, limit: pageSize } } })),
  );

/** How many tenants are mapped. */
export const mappedQuery = (api: Api) =>
  queryOptions({
    queryKey: keys.mapped,
    queryFn: async () => {
      const { all, unmapped } = await take(api.GET("/v1/mappings", { params: { query: { limit: 1 } } }));
      return all - unmapped;
    },
  });

/** How many tenants, each with all that it uses, stand on a page. */
const statementSize = 20;

/** What became of a month's usage. */
export const statementQuery = (api: Api, month: string) =>
  pages<StatementRow>([...keys.statement, month], (after) =>
    take(api.GET("/v1/postings/statement", { params: { query: { month, after, limit: statementSize } } })),
  );

/** How many tenants are in one part of the file. */
const partSize = 500;

/** The month's file. It comes in parts, of which only the first has a head. */
export async function statementFile(api: Api, month: string): Promise<Blob> {
  const parts: string[] = [];
  for (let after: string | undefined, more = true; more; ) {
    const query = { month, after, limit: partSize };
    const answer = await api.GET("/v1/postings/statement.csv", { params: { query }, parseAs: "text" });
    parts.push(await take(Promise.resolve(answer)));
    const next = /<([^>]*)>; rel="next"/.exec(answer.response.headers.get("Link") ?? "")?.[1];
    after = next && (new URL(next, window.location.origin).searchParams.get("after") ?? undefined);
    more = after !== undefined;
  }
  return new Blob(parts, { type: "text/csv;charset=utf-8" });
}

/** What a tenant reported, and what its lines bill. */
export const trendQuery = (api: Api, tenant: string, days: number) =>
  queryOptions({
    queryKey: [...keys.trends, tenant, days],
    queryFn: () =>
      take(api.GET("/v1/postings/trends/{tenant}", { params: { path: { tenant }, query: { days } } })),
  });

/** The sanity checks. */
export const checksQuery = (api: Api) =>
  queryOptions({
    queryKey: keys.checks,
    queryFn: async () => (await take(api.GET("/v1/postings/checks"))).items,
  });
