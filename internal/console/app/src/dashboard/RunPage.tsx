import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { useServices } from "../api/context";
import { runQuery, typesQuery } from "../api/queries";
import type { Run } from "../api/types";
import { to } from "../app/paths";
import { Who } from "../auth/Who";
import { CancelRun } from "../runs/CancelRun";
import { RemovalProposal } from "../runs/RemovalProposal";
import { RunProgress } from "../runs/RunProgress";
import { modeWords } from "../runs/words";
import { formatDuration, formatTime } from "../ui/format";
import { Page } from "../ui/Page";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading } from "../ui/states";
import { Section } from "./Section";
import { Skips } from "./Skips";

const back = { to: to.dashboard("data-sync"), label: "Data sync" };

/** One run in full. */
export function RunPage() {
  const { api } = useServices();
  const { id = "" } = useParams();
  const run = useQuery(runQuery(api, id));
  const types = useQuery(typesQuery(api));
  if (!run.data) {
    return (
      <Page title="Sync" back={back}>
        {run.isError ? <ProblemAlert error={run.error} retry={() => void run.refetch()} /> : <Loading />}
      </Page>
    );
  }
  const label = types.data?.data.items.find((type) => type.type === run.data.type)?.label ?? run.data.type;
  return (
    <Page
      title={`Sync of ${label.toLowerCase()}`}
      back={back}
      about={modeWords(run.data.mode)}
      actions={<CancelRun run={run.data} label={label.toLowerCase()} />}
    >
      <Stack>
        <Section title="Progress">
          <RunProgress run={run.data} label={label} />
        </Section>
        {run.data.proposal && (
          <Section title="Removal">
            <RemovalProposal run={run.data} label={label.toLowerCase()} />
          </Section>
        )}
        <Section title="Times">
          <Times run={run.data} />
        </Section>
        {run.data.counts.skipped > 0 && <Skips run={run.data} />}
      </Stack>
    </Page>
  );
}

function Times({ run }: { run: Run }) {
  return (
    <dl className="facts">
      <dt>Asked for</dt>
      <dd>
        {formatTime(run.requestedAt)} by <Who id={run.requestedBy} />
      </dd>
      <dt>Started</dt>
      <dd>{run.startedAt ? formatTime(run.startedAt) : "Not yet"}</dd>
      <dt>Finished</dt>
      <dd>{run.finishedAt ? formatTime(run.finishedAt) : "Not yet"}</dd>
      {run.startedAt && run.finishedAt && (
        <>
          <dt>Took</dt>
          <dd>{formatDuration(run.startedAt, run.finishedAt)}</dd>
        </>
      )}
      {run.from && (
        <>
          <dt>Carries out</dt>
          <dd>
            <Link to={to.run(run.from)}>the removal that an earlier sync proposed</Link>
          </dd>
        </>
      )}
      <dt>Log</dt>
      <dd>
        <Link to={`${to.dashboard("logs")}?run=${run.id}`}>What happened, in the sync logs</Link>
      </dd>
      <dt>Run id, for support</dt>
      <dd>
        <code>{run.id}</code>
      </dd>
    </dl>
  );
}
