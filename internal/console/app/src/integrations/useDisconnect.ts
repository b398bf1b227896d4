import { useMutation, useQueryClient } from "@tanstack/react-query";
import { take } from "../api/client";
import { useServices } from "../api/context";

/** Takes the connection down, and keeps or erases what was synced; of one that is down already, it may still erase. */
export function useDisconnect() {
  const { api } = useServices();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (keepData: boolean) => take(api.POST("/v1/connection/disconnect", { body: { keepData } })),
    onSettled: () => client.invalidateQueries(),
  });
}
