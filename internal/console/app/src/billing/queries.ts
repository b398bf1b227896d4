import { queryOptions } from "@tanstack/react-query";
import { type Api, take, takeTagged } from "../api/client";
import { liveInterval, pages } from "../api/queries";
import type { PlannedAgreement, PostingEntry, PostingRun } from "../api/types";

export const keys = {
  settings: ["posting-settings"],
  lines: ["posting-lines"],
  runs: ["posting-runs"],
  plans: ["posting-plans"],
  history: ["posting-history"],
  mapped: ["mappings", "how-many"],
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
