import { Alert, Stack, Text } from "@mantine/core";
import { Link } from "react-router";
import type { DataType, Run } from "../api/types";
import { to } from "../app/paths";
import { Standing } from "../billing/Standing";
import type { Concern } from "../integrations/health";
import { RunProgress } from "../runs/RunProgress";
import { StateBadge } from "../runs/StateBadge";
import { modeWords } from "../runs/words";
import { formatAgo, formatList, formatNumber } from "../ui/format";
import { Icon } from "../ui/icons";
import { usePageTitle } from "../ui/Page";
import { repairedLately } from "./callbacks";
import { useKnown } from "./Dashboard";
import { Proposals } from "./Proposals";
import { Section } from "./Section";

/** How the integration stands: first what needs somebody, then what is under way, then the rest. */
export function Overview() {
  usePageTitle("Overview");
  const { types, runs, concerns, connection } = useKnown();
  const enabled = types.filter((type) => type.enabled);
  const runOf = (type: DataType) => runs.find((run) => run.id === type.lastRun);
  const busy = enabled.filter((type) => runOf(type)?.active);
  const calm = concerns.length === 0 && !connection.draft && !types.some((type) => type.proposal);
  return (
    <Stack>
      {concerns.map((concern) => (
        <Attention key={concern.key} concern={concern} />
      ))}
      <Proposals />
      {connection.draft && (
        <Alert color="orange" icon={<Icon name="info" />} title="A change waits to be enabled">
          Another connection was tested and saved, but is not in use yet.{" "}
          <Link to={to.setup()}>Go on with it</Link> or throw it away under Configuration.
        </Alert>
      )}
      {calm && (
        <Alert color="teal" icon={<Icon name="check" />} title="Sync is in order">
          {connection.enabled?.callbacks.state === "registered" &&
            "Changes in ConnectWise arrive by themselves, and everything is looked through on a schedule."}
        </Alert>
      )}
      <Repaired />
      {busy.map((type) => (
        <Busy key={type.type} type={type} run={runOf(type) as Run} />
      ))}
      <Section title="Usage & billing">
        <Standing />
      </Section>
      <Section title="Data types">
        <table className="data">
          <thead>
            <tr>
              <th scope="col">Data type</th>
              <th scope="col">State</th>
              <th scope="col">Up to date as of</th>
              <th scope="col">Last sync</th>
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
            {enabled.map((type) => (
              <TypeLine key={type.type} type={type} run={runOf(type)} />
            ))}
          </tbody>
        </table>
      </Section>
    </Stack>
  );
}

/** Tells where ConnectWise had stopped calling us, for a day. */
function Repaired() {
  const { connection, types } = useKnown();
  const repaired = repairedLately(connection.enabled?.callbacks.types ?? []);
  if (repaired.length === 0) return null;
  const labels = types.filter((type) => repaired.includes(type.type)).map((type) => type.label.toLowerCase());
  return (
    <Alert
      color="blue"
      icon={<Icon name="info" />}
      title={`Live updates of ${formatList(labels)} had stopped, and work again`}
    >
      ConnectWise no longer told us of changes, so we put its callbacks right. The regular sync finds what
      changed meanwhile. <Link to={to.dashboard("data-sync")}>See the callbacks</Link>
    </Alert>
  );
}

function Attention({ concern }: { concern: Concern }) {
  return (
    <Alert color="orange" icon={<Icon name="alert" />} title={concern.message}>
      {concern.remedy} {concern.runId && <Link to={to.run(concern.runId)}>See the sync</Link>}
    </Alert>
  );
}

function Busy({ type, run }: { type: DataType; run: Run }) {
  return (
    <Section title={type.label} actions={<Link to={to.run(run.id)}>Details</Link>}>
      <RunProgress run={run} label={type.label} />
    </Section>
  );
}

function TypeLine({ type, run }: { type: DataType; run?: Run }) {
  const name = <th scope="row">{type.label}</th>;
  const upToDate = (
    <td data-label="Up to date as of">{type.lastSuccess ? formatAgo(type.lastSuccess) : "Never"}</td>
  );
  if (!run) {
    return (
      <tr>
        {name}
        <td data-label="State">Not synced yet</td>
        {upToDate}
        <td />
        <td />
        <td />
        <td />
      </tr>
    );
  }
  const { created, updated, removed, skipped, read } = run.counts;
  return (
    <tr>
      {name}
      <td data-label="State">
        <StateBadge run={run} />
      </td>
      {upToDate}
      <td data-label="Last sync">
        <Link to={to.run(run.id)}>
          {modeWords(run.mode)}
          <span className="visually-hidden">: the last sync of {type.label}</span>
        </Link>
      </td>
      <Amount label="Read" n={read} />
      <Amount label="Changed" n={created + updated + removed} />
      <Amount label="Skipped" n={skipped} />
    </tr>
  );
}

function Amount({ label, n }: { label: string; n: number }) {
  return (
    <td data-label={label} className="number">
      <Text span>{formatNumber(n)}</Text>
    </td>
  );
}
