import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { type Api, take, takeTagged } from "./client";
import { finished } from "./jobs";
import type { Connection, DataType, Filter, Run, Skip } from "./types";

/** How often a page looks again while a run is under way, in milliseconds. */
export const liveInterval = 1500;

/** How often a page looks again while a connection that was taken down is being cleared away. */
const leavingInterval = 5000;

const pageSize = 50;

type Enabled = NonNullable<Connection["enabled"]>;

export const keys = {
  me: ["me"],
  connection: ["connection"],
  types: ["data-types"],
  runs: ["runs"],
  records: ["records"],
  logs: ["logs"],
  filters: ["filters"],
  skips: ["skips"],
  people: ["people"],
} as const;

export const meQuery = (api: Api) =>
  queryOptions({
    queryKey: keys.me,
    queryFn: () => take(api.GET("/v1/me")),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const connectionQuery = (api: Api) =>
  queryOptions({
    queryKey: keys.connection,
    queryFn: () => takeTagged(api.GET("/v1/connection")),
    refetchInterval: (query) => (isLeaving(query.state.data?.data) ? leavingInterval : false),
  });

const isLeaving = (connection: Connection | undefined) =>
  connection?.former?.state === "leaving" || connection?.former?.state === "erasing";

export const typesQuery = (api: Api) =>
  queryOptions({
    queryKey: keys.types,
    queryFn: () => takeTagged(api.GET("/v1/data-types")),
    refetchInterval: (query) => (query.state.data?.data.items.some(isActive) ? liveInterval : false),
  });

const isActive = (type: DataType) => type.activeRun !== undefined;

/** One run with its progress, looked at again while it is under way. */
export const runQuery = (api: Api, id: string) =>
  queryOptions({
    queryKey: [...keys.runs, id],
    queryFn: () => take(api.GET("/v1/runs/{id}", { params: { path: { id } } })),
    refetchInterval: (query) => (query.state.data?.active ? liveInterval : false),
  });

interface Page<T> {
  items: T[];
  next?: string;
}

/** Pages that are read one after the other, as the API offers them. */
export function pages<T>(
  queryKey: readonly unknown[],
  read: (after: string | undefined) => Promise<Page<T>>,
) {
  return infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam }) => read(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last: Page<T>) => last.next,
  });
}

export const runsQuery = (api: Api, type?: string) =>
  pages<Run>([...keys.runs, "list", type ?? ""], (after) =>
    take(api.GET("/v1/runs", { params: { query: { type, after, limit: pageSize } } })),
  );

export const skipsQuery = (api: Api, id: string) =>
  pages([...keys.runs, id, "skips"], (after) =>
    take(api.GET("/v1/runs/{id}/skips", { params: { path: { id }, query: { after, limit: pageSize } } })),
  );

export interface SkipChoice {
  type?: string;
  reason?: Skip["reason"];
}

/** Fewer than of other lists: it stands on a page among others. */
const skipsAtOnce = 10;

/** The records that are not kept at present, of all enabled types or of one. */
export const openSkipsQuery = (api: Api, { type, reason }: SkipChoice) =>
  pages([...keys.skips, type ?? "", reason ?? ""], (after) =>
    take(api.GET("/v1/skips", { params: { query: { type, reason, after, limit: skipsAtOnce } } })),
  );

/** What people are called, by the ids that stand in other answers. */
export const peopleQuery = (api: Api) =>
  queryOptions({
    queryKey: keys.people,
    queryFn: () => take(api.GET("/v1/people")),
    staleTime: 60_000,
  });

export const recordsQuery = (api: Api, type: string) =>
  pages([...keys.records, type], (after) =>
    take(api.GET("/v1/records/{type}", { params: { path: { type }, query: { after, limit: pageSize } } })),
  );

export const recordQuery = (api: Api, type: string, id: number) =>
  queryOptions({
    queryKey: [...keys.records, type, id],
    queryFn: () => take(api.GET("/v1/records/{type}/{id}", { params: { path: { type, id } } })),
  });

/** Which entries of the log; what is absent is no condition. */
export interface LogChoice {
  type?: string;
  event?: string;
  who?: string;
  run?: string;
  /** Not before, and before: instants. */
  from?: string;
  to?: string;
}

export const logsQuery = (api: Api, choice: LogChoice) =>
  pages([...keys.logs, choice], (after) =>
    take(api.GET("/v1/logs", { params: { query: { ...choice, after, limit: pageSize } } })),
  );

/** The cells of a security role that the data types need; none of them chosen would mean the defaults. */
export const roleTableQuery = (api: Api, types: string[]) =>
  queryOptions({
    queryKey: ["role-table", types],
    queryFn: () => take(api.GET("/v1/role-table", { params: { query: { types } } })),
    enabled: types.length > 0,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });

/** The test of the connection in use, with its stored keys; it is made when somebody asks for it. */
export const rightsQuery = (api: Api, { id, keysAt, types, serverUrl, companyId }: Enabled) =>
  queryOptions({
    queryKey: ["rights", id, keysAt, types],
    queryFn: () => take(api.POST("/v1/connection/test", { body: { serverUrl, companyId, types } })),
    enabled: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });

/** The test of what is stored, for the review: it stores nothing. */
export const storedTestQuery = (api: Api, etag: string) =>
  queryOptions({
    queryKey: ["stored-test", etag],
    queryFn: () => take(api.POST("/v1/connection/test", { body: {} })),
    staleTime: 60_000,
    refetchOnWindowFocus: false,
  });

/** Whose filter is meant: a draft's is used once the draft is enabled. */
export type FilterOf = "draft" | "connection";

/** The stored filter. */
export const filtersQuery = (api: Api, of: FilterOf) =>
  queryOptions({
    queryKey: [...keys.filters, "stored", of],
    queryFn: () => takeTagged(api.GET("/v1/filters", { params: { query: { of } } })),
  });

/** Counting costs ConnectWise requests: what was found serves for a while. */
const foundFor = 10 * 60_000;

/** The lists that companies can be filtered by, as one ConnectWise company has them. */
export const discoveryQuery = (api: Api, site: string, companyId: string) =>
  queryOptions({
    queryKey: [...keys.filters, "discovery", site, companyId],
    queryFn: async ({ signal }) =>
      (await finished(api, take(api.POST("/v1/filters/discover")), signal)).discovery ?? { lists: [] },
    staleTime: foundFor,
    gcTime: foundFor,
    refetchOnWindowFocus: false,
    retry: false,
  });

/** What a filter would bring. */
export const previewQuery = (api: Api, filter: Filter, types: string[]) =>
  queryOptions({
    queryKey: [...keys.filters, "preview", filter, types],
    queryFn: async ({ signal }) =>
      (await finished(api, take(api.POST("/v1/filters/preview", { body: { filter, types } })), signal))
        .preview ?? null,
    staleTime: foundFor,
    refetchOnWindowFocus: false,
    retry: false,
  });
