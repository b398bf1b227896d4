import type { Connection, DataType, Run } from "../api/types";

export type Health = "none" | "draft" | "paused" | "syncing" | "connected" | "attention";

/** Something an admin should look at, with what to do. */
export interface Concern {
  key: string;
  message: string;
  remedy?: string;
  /** The run to look at, if it is about one. */
  runId?: string;
}

/** What an admin should look at: failed runs, skipped records, callbacks that are not registered. */
export function concernsOf(connection: Connection, types: DataType[], runs: Run[]): Concern[] {
  const concerns: Concern[] = [];
  const callbacks = connection.enabled?.callbacks;
  if (callbacks?.state === "failed") {
    concerns.push({
      key: "callbacks",
      message: callbacks.warning?.message ?? "ConnectWise does not tell us of changes at once.",
      remedy: callbacks.warning?.remedy,
    });
  }
  for (const run of runs) {
    const label = types.find((type) => type.type === run.type)?.label ?? run.type;
    if (run.state === "failed") {
      const why = run.failure;
      concerns.push({
        key: run.id,
        message: `${label}: ${why?.message ?? "The last sync failed."}`,
        remedy: why?.remedy,
        runId: run.id,
      });
    }
  }
  return concerns;
}

/** The card's one word for it all. */
export function healthOf(connection: Connection, types: DataType[], concerns: Concern[]): Health {
  if (connection.state !== "enabled") return connection.state;
  if (connection.enabled?.pause.sync) return "paused";
  if (concerns.length > 0) return "attention";
  return types.some((type) => type.activeRun) ? "syncing" : "connected";
}

export const healthWords: Record<Health, { label: string; color: string }> = {
  none: { label: "Not set up", color: "gray" },
  draft: { label: "Setup not finished", color: "orange" },
  paused: { label: "Paused", color: "orange" },
  syncing: { label: "Syncing", color: "blue" },
  connected: { label: "Connected", color: "teal" },
  attention: { label: "Needs attention", color: "orange" },
};
