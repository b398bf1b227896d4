import type { Counts as Numbers } from "../api/types";
import { formatNumber } from "../ui/format";

const columns: [key: keyof Numbers, label: string, meaning?: string][] = [
  ["read", "read"],
  ["created", "created"],
  ["updated", "updated"],
  ["unchanged", "unchanged"],
  ["skipped", "skipped"],
  ["outOfScope", "out of scope", "read, and not chosen by the sync filters"],
  ["removed", "removed", "deleted in ConnectWise"],
];

/** A run's exact counts; expected is what ConnectWise said there is. */
export function Counts({ counts, expected }: { counts: Numbers; expected?: number }) {
  return (
    <dl className="counts">
      {expected !== undefined && (
        <div>
          <dt>expected</dt>
          <dd>{formatNumber(expected)}</dd>
        </div>
      )}
      {columns.map(([key, label, meaning]) => (
        <div key={key}>
          <dt title={meaning}>
            {label}
            {meaning && <span className="visually-hidden"> ({meaning})</span>}
          </dt>
          <dd>{formatNumber(counts[key])}</dd>
        </div>
      ))}
    </dl>
  );
}
