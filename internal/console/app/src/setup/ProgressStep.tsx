import { Alert, Button, Stack, Text, Title } from "@mantine/core";
import { Link } from "react-router";
import type { Run } from "../api/types";
import { to } from "../app/paths";
import type { Known } from "../integrations/useConnection";
import { CancelRun } from "../runs/CancelRun";
import { RunProgress } from "../runs/RunProgress";
import { useSync } from "../runs/useSync";
import { wordsOf } from "../runs/words";
import { formatCount } from "../ui/format";
import { Icon } from "../ui/icons";
import { Loading } from "../ui/states";
import { StepActions } from "./StepActions";
import type { StepProps } from "./steps";

/** The first sync, as it goes. */
export function ProgressStep({ known, next }: StepProps) {
  const label = (run: Run | undefined) =>
    known.types.find((type) => type.type === run?.type)?.label ?? "records";
  const parentOf = (run: Run) => known.runs.find((other) => other.id === run.waitsFor);
  const enabled = known.types.filter((type) => type.enabled);
  const over = known.runs.length === enabled.length && known.runs.every((run) => !run.active);
  return (
    <Stack gap="lg">
      {over ? <Outcome known={known} /> : <Text>You can leave this page; the sync goes on without it.</Text>}
      <div role="status" className="visually-hidden">
        {known.runs.map((run) => `${label(run)}: ${wordsOf(run.state).label}.`).join(" ")}
      </div>
      {known.runs.length === 0 && <Loading label="Waiting for the first sync to begin" />}
      {known.runs.map((run) => (
        <section key={run.id} aria-labelledby={run.id}>
          <div className="actions spread">
            <Title order={3} size="h4" id={run.id}>
              {label(run)}
            </Title>
            <CancelRun run={run} label={label(run).toLowerCase()} />
          </div>
          <RunProgress
            run={run}
            label={label(run)}
            waitsFor={run.waitsFor && label(parentOf(run)).toLowerCase()}
          />
          {run.counts.skipped > 0 && !run.active && (
            <Link to={to.run(run.id)} className="breadcrumb">
              See why {formatCount(run.counts.skipped, "record was", "records were")} skipped
            </Link>
          )}
        </section>
      ))}
      <StepActions>
        <Button component={Link} to={to.dashboard()} variant="default">
          Open the dashboard
        </Button>
        <Button variant={over ? "filled" : "default"} onClick={next}>
          Next
        </Button>
      </StepActions>
    </Stack>
  );
}

function Outcome({ known: { runs, connection } }: { known: Known }) {
  const sync = useSync();
  const told = connection.enabled?.callbacks.state === "registered";
  const bad = runs.filter((run) => run.state === "failed" || run.state === "cancelled");
  if (bad.length === 0) {
    return (
      <Alert color="teal" icon={<Icon name="check" />} title="The first sync is done">
        {told && "From now on ConnectWise tells us of changes, and they arrive by themselves."}
      </Alert>
    );
  }
  return (
    <Alert color="orange" icon={<Icon name="alert" />} title="The first sync did not finish">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">
          What was kept stays. Start what did not finish again, here or later on the dashboard.
        </Text>
        <Button
          variant="default"
          loading={sync.isPending}
          onClick={() => sync.mutate({ types: bad.map((run) => run.type) })}
        >
          Start again
        </Button>
      </Stack>
    </Alert>
  );
}
