import { useMutation, useQueryClient } from "@tanstack/react-query";
import { take } from "../api/client";
import { useServices } from "../api/context";
import { keys } from "../api/queries";

/** Stores the chosen data types, unless somebody else changed something meanwhile. */
export function useSaveTypes(etag: string) {
  const { api } = useServices();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (types: string[]) =>
      take(
        api.PUT("/v1/data-types", { body: { types }, params: { header: { "If-Match": etag || undefined } } }),
      ),
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: keys.connection }),
        client.invalidateQueries({ queryKey: keys.types }),
        client.invalidateQueries({ queryKey: keys.runs }),
      ]),
  });
}
