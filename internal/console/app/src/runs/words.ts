import type { Run } from "../api/types";

interface Words {
  label: string;
  color: string;
}

const states: Record<Run["state"], Words> = {
  queued: { label: "Waiting", color: "gray" },
  running: { label: "Syncing", color: "blue" },
  interrupted: { label: "Interrupted, resumes by itself", color: "orange" },
  succeeded: { label: "Done", color: "teal" },
  partial: { label: "Done, with skipped records", color: "orange" },
  failed: { label: "Failed", color: "red" },
  cancelled: { label: "Cancelled", color: "gray" },
};

const waiting: Run["state"][] = ["queued", "running", "interrupted"];

/** How a run's state is called and coloured; while syncing is paused, one that is under way waits. */
export const wordsOf = (state: Run["state"], paused = false): Words =>
  paused && waiting.includes(state) ? { label: "Paused", color: "orange" } : states[state];

const modes: Record<Run["mode"], string> = {
  initial: "First sync",
  incremental: "Changes only",
  full: "Everything again",
};

export const modeWords = (mode: Run["mode"]): string => modes[mode];

const reasons: Record<string, string> = {
  company_not_synced: "Its company is not synced",
  invalid: "ConnectWise sent it in a form that cannot be kept",
  permission: "The API member may not read it",
};

/** Why a record was skipped, in words. */
export const reasonWords = (reason: string): string => reasons[reason] ?? reason;

/** How much of a run is done, 0 to 100; null while that is not known. */
export function percent(run: Pick<Run, "state" | "expected" | "counts">): number | null {
  if (run.state === "succeeded" || run.state === "partial") return 100;
  if (run.state === "queued") return null;
  if (run.expected <= 0) return null;
  return Math.min(100, Math.floor((run.counts.read / run.expected) * 100));
}
