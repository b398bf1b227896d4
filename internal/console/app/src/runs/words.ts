import type { RecordOutcome, Run, Skip, StoredRecord } from "../api/types";

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

/** The same of a run; one that found more missing than it may remove says that it waits. */
export function runWords({ state, proposal }: Pick<Run, "state" | "proposal">, paused = false): Words {
  if (state === "partial" && proposal?.state === "open")
    return { label: "A removal waits for you", color: "orange" };
  if (state === "partial" && proposal) return { label: "Done, removal decided", color: "teal" };
  return wordsOf(state, paused);
}

const modes: Record<Run["mode"], string> = {
  initial: "First sync",
  incremental: "Changes only",
  full: "Everything again",
  reconcile: "Look for what is gone",
  removal: "Confirmed removal",
};

export const modeWords = (mode: Run["mode"]): string => modes[mode];

const reasons: Record<Skip["reason"], string> = {
  company_not_synced: "Its company is not synced",
  invalid: "ConnectWise sent it in a form that cannot be kept",
  permission: "The API member may not read it",
};

export const skipReasons = Object.keys(reasons) as Skip["reason"][];

/** Why a record was not kept, in words. */
export const reasonWords = (reason: Skip["reason"]): string => reasons[reason] ?? reason;

const outcomes: Record<RecordOutcome["outcome"], string> = {
  kept: "is synced now.",
  skipped: "still cannot be kept.",
  out_of_scope: "is left out by the sync filters.",
  removed: "is no longer in ConnectWise, and is marked as removed here.",
  unknown: "is not in ConnectWise.",
};

/** What became of a record that was read again. */
export function outcomeWords(name: string, { outcome, skip }: RecordOutcome): string {
  const why = skip && ` ${reasonWords(skip.reason)}. ${skip.detail ?? ""}`;
  return `${name} ${outcomes[outcome]}${why ?? ""}`.trim();
}

const removals: Record<NonNullable<StoredRecord["removed"]>, [title: string, says: string]> = {
  deleted: ["Deleted in ConnectWise", "It is kept here for 90 days."],
  soft_deleted: ["Marked as deleted in ConnectWise", "It is kept here for 90 days."],
  merged: ["Merged in ConnectWise", "It is part of another record now. It is kept here for 90 days."],
  out_of_scope: [
    "Left out by the sync filters",
    "Only what is needed to notice its return is kept. It comes back when its company matches the filters.",
  ],
  skipped: ["It could not be kept", "Data sync lists why. It is tried again by itself."],
};

/** Why a record is no longer kept as it was. */
export const removalWords = (removed: NonNullable<StoredRecord["removed"]>) => removals[removed];

/** How much of a run is done, 0 to 100; null while that is not known. */
export function percent(run: Pick<Run, "state" | "expected" | "counts">): number | null {
  if (run.state === "succeeded" || run.state === "partial") return 100;
  if (run.state === "queued") return null;
  if (run.expected <= 0) return null;
  return Math.min(100, Math.floor((run.counts.read / run.expected) * 100));
}
