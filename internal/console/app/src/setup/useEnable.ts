import { useMutation, useQueryClient } from "@tanstack/react-query";
import { take } from "../api/client";
import { useServices } from "../api/context";

/** Makes the draft the account's connection. */
export function useEnable() {
  const { api } = useServices();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (takeover: boolean) => take(api.POST("/v1/connection/enable", { body: { takeover } })),
    onSettled: (_, error) => (error ? undefined : client.invalidateQueries()),
  });
}
