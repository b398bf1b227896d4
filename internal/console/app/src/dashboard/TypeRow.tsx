import { Text } from "@mantine/core";
import { Link } from "react-router";
import type { DataType, Run } from "../api/types";
import { to } from "../app/paths";
import { StateBadge } from "../runs/StateBadge";
import { percent } from "../runs/words";
import { formatAgo, formatCount } from "../ui/format";
import { TypeActions } from "./TypeActions";

/** A data type with its newest run. */
export function TypeRow({ type, run }: { type: DataType; run?: Run }) {
  return (
    <tr>
      <th scope="row">{type.label}</th>
      <td data-label="State">{run ? <StateBadge state={run.state} /> : "Not synced yet"}</td>
      <td data-label="Up to date as of">{type.lastSuccess ? formatAgo(type.lastSuccess) : "Never"}</td>
      <td data-label="Last sync">
        {run ? <Link to={to.run(run.id)}>{outcome(run)}</Link> : <Text c="dimmed">None</Text>}
      </td>
      <td>
        <TypeActions type={type} run={run} />
      </td>
    </tr>
  );
}

function outcome(run: Run): string {
  const done = percent(run);
  if (run.active && done !== null) return `${done} % of ${formatCount(run.expected, "record")}`;
  return `${formatCount(run.counts.read, "record")} read`;
}
