import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { take } from "../api/client";
import { useServices } from "../api/context";
import type { BilledLine, PostingRun, PostingSettings, Unlike } from "../api/types";
import { keys, postingsQuery } from "./queries";
import { type Decision, decisionWords } from "./words";

type Key = readonly unknown[];

function useRefresh() {
  const client = useQueryClient();
  return (...queryKeys: Key[]) =>
    Promise.all(queryKeys.map((queryKey) => client.invalidateQueries({ queryKey })));
}

/** The latest posting, preview, and ending of all lines. When one has moved on, what it changed is read again. */
export function usePostings() {
  const { api } = useServices();
  const query = useQuery(postingsQuery(api));
  const refresh = useRefresh();
  const latest = (mode: PostingRun["mode"]) => query.data?.find((run) => run.mode === mode);
  const posting = latest("post");
  const preview = latest("preview");
  const ending = latest("end");
  // A short run is over before it was ever seen running: its id tells.
  const state = [posting, preview, ending].map((run) => run && run.id + run.state).join();
  const before = useRef<string>(undefined);
  useEffect(() => {
    if (!query.isSuccess || before.current === state) return;
    const first = before.current === undefined;
    before.current = state;
    if (!first) void refresh(keys.lines, keys.history, keys.plans, keys.statement, keys.trends, keys.checks);
  });
  return { query, posting, preview, ending };
}

/** Starts a posting or a preview; one that is running is joined. */
export function useStart(mode: PostingRun["mode"]) {
  const { api } = useServices();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: () => take(api.POST("/v1/postings/runs", { body: { mode } })),
    onSettled: () => refresh(keys.runs),
  });
}

/** How many tenants the API approves at once. */
const atOnce = 500;

/**
 * Approves tenants as a preview showed them, and gives back what is otherwise by now. If that is nothing, it previews
 * again: what waits for approval is another then.
 */
export function useApprove(preview: string) {
  const { api } = useServices();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async (tenants: string[]) => {
      const unlike: Unlike[] = [];
      for (let from = 0; from < tenants.length; from += atOnce) {
        const part = tenants.slice(from, from + atOnce);
        const done = await take(api.POST("/v1/postings/approve", { body: { preview, tenants: part } }));
        unlike.push(...done.unlike);
      }
      if (unlike.length === 0) await take(api.POST("/v1/postings/runs", { body: { mode: "preview" } }));
      return unlike;
    },
    onSuccess: (unlike) => {
      if (unlike.length > 0) return;
      notifications.show({ color: "teal", message: "Approved. It goes out with the next posting." });
    },
    onSettled: () => refresh(keys.runs, keys.history),
  });
}

/** Lets a posting go on that the guards stopped. */
export function useConfirmPosting(id: string) {
  const { api } = useServices();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: () => take(api.POST("/v1/postings/runs/{id}/confirm", { params: { path: { id } } })),
    onSettled: () => refresh(keys.runs),
  });
}

/** Holds all postings, or lets them go on. */
export function usePausePostings() {
  const { api } = useServices();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (pause: boolean) => take(api.POST("/v1/postings/pause", { body: { pause } })),
    onSettled: () => refresh(keys.settings, keys.runs),
  });
}

/** Decides about a line. */
export function useDecide({ agreement, product }: Pick<BilledLine, "agreement" | "product">) {
  const { api } = useServices();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (decision: Decision) =>
      take(
        api.POST("/v1/postings/lines/{agreement}/{product}/{decision}", {
          params: { path: { agreement: agreement.id, product: product.id, decision } },
        }),
      ),
    onSuccess: (_, decision) => notifications.show({ color: "teal", message: decisionWords[decision].done }),
    onSettled: () => refresh(keys.lines, keys.history),
  });
}

/** Stores settings, unless somebody else changed them since they were read. */
export function useSaveSettings() {
  const { api } = useServices();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ settings, etag }: { settings: PostingSettings; etag: string }) =>
      take(api.PUT("/v1/postings/settings", { body: settings, params: { header: { "If-Match": etag } } })),
    onSuccess: () =>
      Promise.all([
        refresh(keys.settings),
        notifications.show({ color: "teal", message: "The settings are saved." }),
      ]),
  });
}
