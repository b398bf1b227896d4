import { useQueries, useQuery } from "@tanstack/react-query";
import { useServices } from "../api/context";
import { connectionQuery, runQuery, typesQuery } from "../api/queries";
import type { Run } from "../api/types";
import { concernsOf, healthOf } from "./health";

/** The connection, its data types, and the newest run of each enabled one. */
export function useConnection() {
  const { api } = useServices();
  const connection = useQuery(connectionQuery(api));
  const types = useQuery(typesQuery(api));
  const items = types.data?.data.items ?? [];
  const newest = items.flatMap((type) => (type.enabled && type.lastRun ? [type.lastRun] : []));
  const runs = useQueries({
    queries: newest.map((id) => runQuery(api, id)),
    combine: (results) => results.flatMap((result): Run[] => (result.data ? [result.data] : [])),
  });
  const error = connection.error ?? types.error;
  const retry = () => {
    void connection.refetch();
    void types.refetch();
  };
  if (!connection.data || !types.data) return { ready: false as const, error, retry };
  const concerns = concernsOf(connection.data.data, items, runs);
  return {
    ready: true as const,
    connection: connection.data.data,
    etag: connection.data.etag,
    types: items,
    typesEtag: types.data.etag,
    runs,
    concerns,
    health: healthOf(connection.data.data, items, concerns),
  };
}

export type Known = Extract<ReturnType<typeof useConnection>, { ready: true }>;
