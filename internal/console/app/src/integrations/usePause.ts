import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { take } from "../api/client";
import { useServices } from "../api/context";
import { connectionQuery } from "../api/queries";

/** Whether somebody holds reading up. */
export function usePaused(): boolean {
  const { api } = useServices();
  return useQuery(connectionQuery(api)).data?.data.enabled?.pause.sync ?? false;
}

/** Holds reading up, or lets it go on. */
export function usePause() {
  const { api } = useServices();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (sync: boolean) => take(api.PUT("/v1/connection/pause", { body: { sync } })),
    onSuccess: (_, sync) => {
      // A pause is said by the banner.
      if (!sync) notifications.show({ message: "Syncing goes on. What changed meanwhile is being read." });
    },
    onSettled: () => client.invalidateQueries(),
  });
}
