import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { take } from "../api/client";
import { useServices } from "../api/context";
import { asProblem } from "../api/problem";
import { keys } from "../api/queries";

/** What to sync: the named types or all enabled ones, and how; what changed, unless said otherwise. */
export interface Wanted {
  types?: string[];
  mode?: "incremental" | "full" | "reconcile";
}

/** Starts syncs, and says what became of it. */
export function useSync() {
  const { api } = useServices();
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ types, mode }: Wanted) =>
      take(api.POST("/v1/runs", { body: { types: types ?? [], mode: mode ?? "auto" } })),
    onSuccess: ({ items }) => {
      const joined = items.every((item) => item.joined);
      notifications.show({
        message: joined ? "That sync is under way already." : "The sync was started.",
      });
    },
    onError: (error) => {
      const { message, remedy } = asProblem(error);
      notifications.show({ color: "red", title: message, message: remedy, autoClose: 10_000 });
    },
    onSettled: () => {
      void client.invalidateQueries({ queryKey: keys.types });
      void client.invalidateQueries({ queryKey: keys.runs });
    },
  });
}
