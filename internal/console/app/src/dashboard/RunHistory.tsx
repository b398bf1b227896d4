import { Select } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { useServices } from "../api/context";
import { liveInterval, runsQuery } from "../api/queries";
import type { Run } from "../api/types";
import { to } from "../app/paths";
import { Who } from "../auth/Who";
import { StateBadge } from "../runs/StateBadge";
import { modeWords } from "../runs/words";
import { formatNumber, formatTime } from "../ui/format";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Empty, Loading, More } from "../ui/states";
import { useKnown } from "./Dashboard";
import { Section } from "./Section";

/** All runs, newest first. */
export function RunHistory() {
  const { api } = useServices();
  const { types, runs: newest } = useKnown();
  const [type, setType] = useState<string | null>(null);
  const busy = newest.some((run) => run.active);
  const history = useInfiniteQuery({
    ...runsQuery(api, type ?? undefined),
    refetchInterval: busy ? 3 * liveInterval : false,
  });
  const runs = history.data?.pages.flatMap((page) => page.items) ?? [];
  const label = (name: string) => types.find((row) => row.type === name)?.label ?? name;
  return (
    <Section
      title="History"
      actions={
        <Select
          aria-label="Data type of the runs"
          placeholder="All data types"
          clearable
          data={types.map((row) => ({ value: row.type, label: row.label }))}
          value={type}
          onChange={setType}
        />
      }
    >
      {history.isPending && <Loading />}
      {history.isError && <ProblemAlert error={history.error} retry={() => void history.refetch()} />}
      {history.isSuccess && runs.length === 0 && <Empty title="No sync yet">Start one above.</Empty>}
      {runs.length > 0 && (
        <table className="data">
          <thead>
            <tr>
              <th scope="col">Asked for</th>
              <th scope="col">Data type</th>
              <th scope="col">What</th>
              <th scope="col">State</th>
              <th scope="col" className="number">
                Read
              </th>
              <th scope="col" className="number">
                Changed
              </th>
              <th scope="col" className="number">
                Skipped
              </th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => (
              <Row
                key={run.id}
                run={newest.find((live) => live.id === run.id) ?? run}
                label={label(run.type)}
              />
            ))}
          </tbody>
        </table>
      )}
      <More query={history} />
    </Section>
  );
}

function Row({ run, label }: { run: Run; label: string }) {
  const { created, updated, removed } = run.counts;
  return (
    <tr>
      <td data-label="Asked for">
        <span>
          <Link to={to.run(run.id)}>{formatTime(run.requestedAt)}</Link> by <Who id={run.requestedBy} />
        </span>
      </td>
      <td data-label="Data type">{label}</td>
      <td data-label="What">{modeWords(run.mode)}</td>
      <td data-label="State">
        <StateBadge run={run} />
      </td>
      <td data-label="Read" className="number">
        {formatNumber(run.counts.read)}
      </td>
      <td data-label="Changed" className="number">
        {formatNumber(created + updated + removed)}
      </td>
      <td data-label="Skipped" className="number">
        {formatNumber(run.counts.skipped)}
      </td>
    </tr>
  );
}
