const words: Record<string, string> = {
  run_queued: "Sync asked for",
  run_started: "Sync started",
  run_succeeded: "Sync done",
  run_partial: "Sync done, with skipped records",
  run_failed: "Sync failed",
  run_cancelled: "Sync cancelled",
  run_interrupted: "Sync interrupted",
  run_resumed: "Sync resumed",
  removal_confirmed: "Removal confirmed",
  removal_dismissed: "Removal dismissed",
  record_synced: "Record synced",
  record_removed: "Record removed",
  record_skipped: "Record skipped",
  mapping_changed: "Mapping changed",
  products_changed: "Products changed",
};

/** How an event is called; one that is not known here is shown as it is. */
export const eventWords = (event: string): string => words[event] ?? event.replaceAll("_", " ");

/** All events that are known, to choose from. */
export const events = Object.entries(words).map(([value, label]) => ({ value, label }));
