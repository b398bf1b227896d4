import { useMutation, useQueryClient } from "@tanstack/react-query";
import { take } from "../api/client";
import { useServices } from "../api/context";
import type { MappingChange, MappingEdit, MappingRow, Target } from "../api/types";
import { changeQuery, keys } from "./queries";

/** The most rows that are saved in one step; more are a change set. */
export const oneStep = 50;

/** Stores a tenant's mapping, unless somebody changed it since the row was read. Either way the rows are read again. */
export function useSaveRow({ tenant, etag }: MappingRow) {
  const { api } = useServices();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (target: Target) =>
      take(
        api.PUT("/v1/mappings/{tenant}", {
          body: target,
          params: { path: { tenant }, header: { "If-Match": etag } },
        }),
      ),
    onSettled: () => client.invalidateQueries({ queryKey: keys.mappings }),
  });
}

/** Stores many mappings: few of them at once, many as a change set, which is answered. */
export function useSaveMany() {
  const { api } = useServices();
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (edits: MappingEdit[]): Promise<MappingChange | undefined> => {
      if (edits.length > oneStep) return take(api.POST("/v1/mapping-changes", { body: { edits } }));
      await take(api.POST("/v1/mappings", { body: { edits } }));
      return undefined;
    },
    onSettled: () => client.invalidateQueries({ queryKey: keys.mappings }),
  });
}

/** Has a proposal made by name. */
export function useAutoMap() {
  const { api } = useServices();
  return useMutation({
    mutationFn: () => take(api.POST("/v1/mapping-changes", { body: { autoMap: true } })),
  });
}

/** Does what a change set proposes, or takes back what it did. */
export function useWorkChange(id: string) {
  const { api } = useServices();
  const client = useQueryClient();
  const params = { path: { id } };
  return useMutation({
    mutationFn: (what: "apply" | "undo") =>
      take(
        what === "apply"
          ? api.POST("/v1/mapping-changes/{id}/apply", { params })
          : api.POST("/v1/mapping-changes/{id}/undo", { params }),
      ),
    onSuccess: (change) => client.setQueryData(changeQuery(api, id).queryKey, change),
  });
}
