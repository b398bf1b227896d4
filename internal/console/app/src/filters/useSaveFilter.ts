import { useMutation, useQueryClient } from "@tanstack/react-query";
import { takeTagged } from "../api/client";
import { useServices } from "../api/context";
import { type FilterOf, filtersQuery, keys } from "../api/queries";
import type { Filter } from "../api/types";

/** Stores a filter, unless somebody else stored one meanwhile. */
export function useSaveFilter(of: FilterOf, etag: string) {
  const { api } = useServices();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (filter: Filter) =>
      takeTagged(
        api.PUT("/v1/filters", {
          body: { filter },
          params: { query: { of }, header: { "If-Match": etag || undefined } },
        }),
      ),
    onSuccess: (saved) => client.setQueryData(filtersQuery(api, of).queryKey, saved),
    onSettled: () =>
      Promise.all(
        [filtersQuery(api, of).queryKey, keys.connection, keys.types, keys.runs].map((queryKey) =>
          client.invalidateQueries({ queryKey }),
        ),
      ),
  });
}
