import type { Attention, BilledLine, PlannedLine, PlannedStep, PostingEntry, PostingRun } from "../api/types";
import { formatCount } from "../ui/format";
import { formatDay, formatQuantity } from "./amounts";

/** What each state is called, by its code. */
const labels: Record<string, string> = {
  agreement_missing: "Agreement not found",
  agreement_moved: "Agreement belongs to another company",
  agreement_ended: "Agreement has ended",
  not_recurring: "Agreement does not recur",
  no_next_invoice: "No next invoice date",
  periods_disagree: "Billing dates disagree",
  dates_unreadable: "Dates cannot be read",
  product_missing: "Catalog item not found",
  product_unusable: "Catalog item cannot be used",
  awaiting_approval: "Waits for approval",
  awaiting_report: "Waits for a first report",
  tenant_silent: "Tenant has stopped reporting",
  other_lines: "Lines of others",
  left_to_others: "Left to others",
  held: "Held",
  line_vanished: "Line was deleted",
  end_changed: "Line was ended by somebody",
  quantity_changed: "Quantity was changed by somebody",
  outcome_unknown: "ConnectWise did not answer",
  doubled_line: "Line appeared twice",
  period_refused: "ConnectWise refuses the date",
  posting_refused: "ConnectWise refuses the change",
  date_shifted: "ConnectWise shows another date",
  guard_zero: "Would go to zero",
  guard_growth: "Would more than double",
  left_open: "Line goes on billing",
  tenant_unmapped: "Tenant is not mapped",
  no_agreement: "No agreement",
  sku_unmapped: "Product has no catalog item",
  switched_off: "Switched off",
  tenant_removed: "Tenant was removed",
  period_invoiced: "Reported after the invoice",
  period_closed: "Period was over",
  postings_paused: "Postings are paused",
  posting_due: "Next posting",
  later_count: "Line shows a later count",
  shared_line: "Part of a shared line",
  not_invoiced: "Not invoiced yet",
  invoicing_unknown: "Invoice unknown",
};

/** A state in a few words. A code of a later version still reads. */
export const labelOf = (code: string): string =>
  labels[code] ?? (code.charAt(0).toUpperCase() + code.slice(1)).replaceAll("_", " ");

const isDate = (text: string) => /^\d{4}-\d{2}-\d{2}$/.test(text);
const valueWords = (text: string) => (isDate(text) ? formatDay(text) : formatQuantity(text));

/** What is known of a state: which line, who, when, what; empty if nothing is. */
export function detailOf({ line, tenant, tenantName, by, day, was, is, words }: Attention): string {
  const parts: string[] = [];
  if (tenant) parts.push(`tenant ${tenantName || tenant}`);
  if (line) parts.push(`line ${line}`);
  if (was && is) parts.push(`${valueWords(was)} → ${valueWords(is)}`);
  else if (was || is) parts.push(was ? `was ${valueWords(was)}` : `now ${valueWords(is ?? "")}`);
  if (by) parts.push(`by ${by}`);
  if (day) parts.push(formatDay(day));
  if (words) parts.push(`ConnectWise says: “${words}”`);
  return parts.join(", ");
}

/** The states of a line that hold still: a decision since the last look has settled the others. */
export function statesOf({ attention, held, left, others }: BilledLine): Attention[] {
  return attention.filter(({ code }) => {
    if (code === "held") return held;
    if (code === "other_lines") return others.length > 0 && !left;
    if (code === "left_to_others") return others.length > 0 && left;
    return true;
  });
}

/** Lines in one state. */
export interface Group {
  code: string;
  stops: boolean;
  remedy: string;
  lines: { line: BilledLine; attention: Attention }[];
}

/** What needs attention, by state: first what stops postings, and there what concerns most lines. */
export function groupsOf(lines: BilledLine[]): Group[] {
  const groups = new Map<string, Group>();
  for (const line of lines) {
    for (const attention of statesOf(line)) {
      const { code, stops, remedy } = attention;
      const group = groups.get(code) ?? { code, stops, remedy, lines: [] };
      group.lines.push({ line, attention });
      groups.set(code, group);
    }
  }
  return [...groups.values()].sort(
    (a, b) => Number(b.stops) - Number(a.stops) || b.lines.length - a.lines.length,
  );
}

/** Why a date is the one on which a line begins. */
const dateWords: Record<string, string> = {
  not_invoiced: "This period is not invoiced yet",
  invoiced: "This period is invoiced: the next one is open",
  invoiced_ahead: "ConnectWise has invoiced ahead",
  billing_start: "Billing begins then",
  arrears: "Billed in arrears: the period that the next invoice covers",
  period_refused: "ConnectWise refused the periods before",
  mapping_changed: "The changed mapping takes effect then",
};

export const whyDate = (code: string | undefined): string => (code ? (dateWords[code] ?? labelOf(code)) : "");

/** Why a line is changed. */
const reasons: Record<string, string> = {
  usage: "The product reports another count",
  corrected: "Somebody changed the quantity; it is corrected",
  new_period: "A new period opened",
  first: "First posting",
  no_usage: "Nothing is used any more",
  mapping: "The mapping was changed or switched off",
  doubled: "The line appeared twice",
};

export const whyStep = (code: string | undefined): string => (code ? (reasons[code] ?? labelOf(code)) : "");

/** A change of one line, in a sentence. */
export function stepWords(step: PlannedStep): string {
  const line = step.line ? `Line ${step.line}` : "The line";
  switch (step.kind) {
    case "create":
      return `A new line of ${formatQuantity(step.then)} begins on ${formatDay(step.date)}${until(step.endThen)}.`;
    case "end":
      return `${line} of ${formatQuantity(step.was)} ends on ${step.endThen ? formatDay(step.endThen) : "its last day"}.`;
    case "void":
      return `${line} is one too many: it is set to zero and ended.`;
    case "update":
      return `${line} ${updateWords(step)}.`;
  }
}

function updateWords({ was, then, endWas, endThen }: PlannedStep): string {
  const changes: string[] = [];
  if (was !== then) changes.push(`goes from ${formatQuantity(was)} to ${formatQuantity(then)}`);
  if ((endWas ?? "") !== (endThen ?? ""))
    changes.push(endThen ? `ends on ${formatDay(endThen)}` : "has no end any more");
  return changes.join(" and ") || "is set right";
}

const until = (end: string | undefined) => (end ? ` and ends on ${formatDay(end)}` : "");

/** What stands in ConnectWise after the steps of a planned line. */
export function thenOf({ now, steps }: PlannedLine): string {
  return steps.findLast(({ kind }) => kind === "create" || kind === "update")?.then ?? now;
}

/** What happened to a line, or was decided about it. */
const events: Record<string, string> = {
  create: "New line",
  update: "Quantity changed",
  end: "Line ended",
  void: "Doubled line set to zero",
  mapping: "Mapping changed",
  approved: "Approved",
  taken: "Taken over",
  left: "Left to others",
  held: "Held",
  released: "Released",
  resumed: "Accepted and resumed",
  settings: "Settings changed",
};

export const eventWords = (event: string): string => events[event] ?? labelOf(event);

/** Old and new, of quantities and last days; empty where nothing changed. */
export function changeWords({ event, was, then, endWas, endThen }: PostingEntry): string[] {
  const out: string[] = [];
  if (["create", "update", "void"].includes(event) && was !== then) {
    out.push(`${formatQuantity(was)} → ${formatQuantity(then)}`);
  }
  if ((endWas ?? "") !== (endThen ?? "")) {
    out.push(`ends ${endWas ? formatDay(endWas) : "never"} → ${endThen ? formatDay(endThen) : "never"}`);
  }
  return out;
}

interface StateWords {
  label: string;
  color: string;
}

const states: Record<PostingRun["state"], StateWords> = {
  running: { label: "Running", color: "blue" },
  needs_confirmation: { label: "Needs confirmation", color: "orange" },
  done: { label: "Done", color: "teal" },
  failed: { label: "Failed", color: "red" },
  replaced: { label: "Replaced by a later one", color: "gray" },
};

/** How a run stands. One that waits is running and does nothing for a while. */
export function runWords(run: PostingRun): StateWords {
  if (run.state === "running" && run.waitsTill) return { label: "Waiting", color: "orange" };
  if (run.state === "running" && run.failure) return { label: "Trying again", color: "orange" };
  return states[run.state];
}

/** What a posting did, or did so far, in a sentence. */
export function countWords({ counts, active }: Pick<PostingRun, "counts" | "active">): string {
  const { created, updated, ended, voided, attention, series } = counts;
  const done = [
    created && `${formatCount(created, "line")} created`,
    updated && `${formatCount(updated, "line")} updated`,
    ended && `${formatCount(ended, "line")} ended`,
    voided && `${formatCount(voided, "doubled line")} set to zero`,
  ].filter(Boolean);
  const what = done.length > 0 ? done.join(", ") : "Nothing was changed";
  const rest = attention
    ? ` ${formatCount(attention, "line")} ${attention === 1 ? "needs" : "need"} attention.`
    : "";
  return `${what}${active ? " so far" : ""}. ${formatCount(series, "line")} looked at.${rest}`;
}

/** Whether the three counts of a line are not the same. */
export const differs = ({ reported, connectwise, posted }: BilledLine): boolean =>
  reported !== connectwise || connectwise !== posted;

export type Decision = "hold" | "release" | "leave" | "take-over" | "resume";

/** What can be decided about a line as it stands. */
export function decisionsOf(line: BilledLine): Decision[] {
  const codes = line.attention.map(({ code }) => code);
  const out: Decision[] = [];
  if (line.others.length > 0) out.push("take-over");
  if (line.others.length > 0 && !line.left) out.push("leave");
  if (codes.some((code) => ["line_vanished", "end_changed", "agreement_moved"].includes(code)))
    out.push("resume");
  out.push(line.held || (line.left && line.others.length === 0) ? "release" : "hold");
  return out;
}

interface DecisionWords {
  button: string;
  title: string;
  says: string;
  done: string;
}

export const decisionWords: Record<Decision, DecisionWords> = {
  hold: {
    button: "Hold",
    title: "Hold this line?",
    says: "The line stays as it is in ConnectWise, whatever the product reports, until somebody releases it. No new period's line is made either.",
    done: "The line is held.",
  },
  release: {
    button: "Release",
    title: "Release this line?",
    says: "The next posting sets the line to what the product reports. Nothing is billed for periods that were invoiced meanwhile.",
    done: "The line is released.",
  },
  leave: {
    button: "Leave",
    title: "Leave the other line alone?",
    says: "As long as it stands, nothing is posted beside it: what it bills is whoever made it's to keep right.",
    done: "Nothing is posted beside the other line.",
  },
  "take-over": {
    button: "Take over",
    title: "Take the other line over?",
    says: "From now on it counts as ours: the next posting sets its quantity to what the product reports, and ends it when a new period's line begins.",
    done: "The line is taken over.",
  },
  resume: {
    button: "Accept & resume",
    title: "Accept what was changed, and go on?",
    says: "What people did in ConnectWise stays. Posting goes on after it, with a new line if one is needed.",
    done: "Posting of the line goes on.",
  },
};
