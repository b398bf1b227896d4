import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { take } from "../api/client";
import { useServices } from "../api/context";

/** Makes the draft the account's connection. The wizard then finds it enabled and goes on by itself. */
export function useEnable() {
  const { api } = useServices();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (takeover: boolean) => take(api.POST("/v1/connection/enable", { body: { takeover } })),
    onSuccess: ({ warnings }) => {
      for (const { message, remedy } of warnings) {
        notifications.show({ color: "orange", title: message, message: remedy, autoClose: 15_000 });
      }
      return client.invalidateQueries();
    },
  });
}
