import { Alert, Stack, Text } from "@mantine/core";
import { Link } from "react-router";
import { to } from "../app/paths";
import type { Concern } from "../integrations/health";
import { Counts } from "../runs/Counts";
import { RunProgress } from "../runs/RunProgress";
import { StateBadge } from "../runs/StateBadge";
import { modeWords } from "../runs/words";
import { formatAgo } from "../ui/format";
import { Icon } from "../ui/icons";
import { usePageTitle } from "../ui/Page";
import { useKnown } from "./Dashboard";
import { Section } from "./Section";

/** How the integration stands. */
export function Overview() {
  usePageTitle("Overview");
  const { types, runs, concerns, connection } = useKnown();
  const enabled = types.filter((type) => type.enabled);
  return (
    <Stack>
      {concerns.map((concern) => (
        <Attention key={concern.key} concern={concern} />
      ))}
      {connection.draft && (
        <Alert color="orange" icon={<Icon name="info" />} title="A change waits to be enabled">
          Another connection was tested and saved, but is not in use yet.{" "}
          <Link to={to.setup()}>Go on with it</Link> or throw it away under Configuration.
        </Alert>
      )}
      {enabled.map((type) => {
        const run = runs.find((candidate) => candidate.id === type.lastRun);
        return (
          <Section
            key={type.type}
            title={type.label}
            actions={run && !run.active && <StateBadge state={run.state} />}
          >
            <Stack gap="sm">
              {!run && <Text c="dimmed">Not synced yet. Start it under Data sync.</Text>}
              {run?.active && <RunProgress run={run} label={type.label} />}
              {run && !run.active && (
                <Text size="sm">
                  Last sync: {modeWords(run.mode).toLowerCase()}, {formatAgo(run.requestedAt)}
                </Text>
              )}
              {run && !run.active && <Counts counts={run.counts} expected={run.expected} />}
              <Text size="sm" c="dimmed">
                {type.lastSuccess
                  ? `Up to date as of ${formatAgo(type.lastSuccess)}.`
                  : "Never read completely so far."}{" "}
                {run && <Link to={to.run(run.id)}>Details of the last sync</Link>}
              </Text>
            </Stack>
          </Section>
        );
      })}
    </Stack>
  );
}

function Attention({ concern }: { concern: Concern }) {
  return (
    <Alert color="orange" icon={<Icon name="alert" />} title={concern.message}>
      {concern.remedy} {concern.runId && <Link to={to.run(concern.runId)}>See the sync</Link>}
    </Alert>
  );
}
