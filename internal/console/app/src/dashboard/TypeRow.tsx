import { Progress, Stack, Text } from "@mantine/core";
import { Link } from "react-router";
import type { DataType, Run } from "../api/types";
import { to } from "../app/paths";
import { usePaused } from "../integrations/usePause";
import { StateBadge } from "../runs/StateBadge";
import { percent, wordsOf } from "../runs/words";
import { formatAgo, formatCount, formatNumber } from "../ui/format";
import { TypeActions } from "./TypeActions";

/** A data type with its newest run. */
export function TypeRow({ type, run }: { type: DataType; run?: Run }) {
  return (
    <tr>
      <th scope="row">{type.label}</th>
      <td data-label="State">{run ? <StateBadge run={run} /> : "Not synced yet"}</td>
      <td data-label="Up to date as of">{type.lastSuccess ? formatAgo(type.lastSuccess) : "Never"}</td>
      <td data-label="Last sync">
        {run ? <LastRun run={run} label={type.label} /> : <Text c="dimmed">None</Text>}
      </td>
      <td>
        <TypeActions type={type} run={run} />
      </td>
    </tr>
  );
}

function LastRun({ run, label }: { run: Run; label: string }) {
  const paused = usePaused();
  const done = percent(run);
  return (
    <Stack gap={0} className="last-run">
      <Link to={to.run(run.id)}>
        {outcome(run)}
        <span className="visually-hidden">: the last sync of {label}</span>
      </Link>
      {run.active && done !== null && (
        <Progress.Root size="sm">
          <Progress.Section
            value={done}
            color={wordsOf(run.state, paused).color}
            aria-label={`Progress of ${label}`}
          />
        </Progress.Root>
      )}
      <Text size="sm" c="dimmed">
        {aside(run)}
      </Text>
    </Stack>
  );
}

function outcome(run: Run): string {
  const done = percent(run);
  if (run.active && done !== null) return `${done} % of ${formatCount(run.expected, "record")}`;
  return `${formatCount(run.counts.read, "record")} read`;
}

/** What people would want to know of a run besides how much was read. */
function aside({ counts }: Run): string {
  const said = [
    [counts.skipped, "skipped"],
    [counts.outOfScope, "out of scope"],
    [counts.removed, "removed"],
  ] as const;
  return said
    .filter(([n]) => n > 0)
    .map(([n, what]) => `${formatNumber(n)} ${what}`)
    .join(", ");
}
