import type { Counts as Numbers } from "../api/types";
import { formatNumber } from "../ui/format";

const columns: [keyof Numbers, string][] = [
  ["read", "read"],
  ["created", "created"],
  ["updated", "updated"],
  ["unchanged", "unchanged"],
  ["skipped", "skipped"],
  ["removed", "removed"],
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
      {columns.map(([key, label]) => (
        <div key={key}>
          <dt>{label}</dt>
          <dd>{formatNumber(counts[key])}</dd>
        </div>
      ))}
    </dl>
  );
}
