import { Alert, Button, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useServices } from "../api/context";
import type { PostingRun } from "../api/types";
import { useMayChange } from "../auth/useMe";
import { Section } from "../dashboard/Section";
import { Icon } from "../ui/icons";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading } from "../ui/states";
import { Approve } from "./Approve";
import { Plan } from "./Plan";
import { planQuery } from "./queries";
import { RunStatus } from "./RunStatus";
import { useStart } from "./usePostings";

interface Props {
  run: PostingRun | undefined;
  posting: PostingRun | undefined;
}

/** What the next posting would do, line by line. */
export function Preview({ run, posting }: Props) {
  const mayChange = useMayChange();
  const start = useStart("preview");
  const button = (
    <Button
      variant="default"
      leftSection={<Icon name="refresh" size={18} />}
      loading={start.isPending}
      disabled={run?.active}
      onClick={() => start.mutate()}
    >
      {run ? "Preview again" : "Preview"}
    </Button>
  );
  return (
    <Section title="Preview" actions={mayChange && button}>
      <div className="stack">
        {start.isError && <ProblemAlert error={start.error} />}
        {!run && <Text>A preview shows every line that a posting would change, and writes nothing.</Text>}
        {run && <RunStatus run={run} name="The preview" />}
        {run && isOld(run, posting) && (
          <Alert icon={<Icon name="info" />} title="Something was posted after this preview">
            Preview again to see what is left.
          </Alert>
        )}
        {run?.state === "done" && <Found run={run} />}
      </div>
    </Section>
  );
}

/** Whether a posting ended after the preview was made. */
const isOld = (run: PostingRun, posting: PostingRun | undefined) =>
  run.state === "done" && posting?.endedAt !== undefined && posting.endedAt > run.askedAt;

function Found({ run }: { run: PostingRun }) {
  const { api } = useServices();
  const plan = useQuery(planQuery(api, run.id));
  if (plan.isPending) return <Loading />;
  if (plan.isError) return <ProblemAlert error={plan.error} retry={() => void plan.refetch()} />;
  if (plan.data.length === 0) return <Text>{nothing(run)}</Text>;
  return (
    <>
      <Approve preview={run.id} agreements={plan.data} />
      <Plan agreements={plan.data} />
    </>
  );
}

const nothing = ({ counts }: PostingRun) =>
  counts.series > 0
    ? "What this preview found is not kept any more. Preview again."
    : "There is nothing to post: no tenant that is switched on has an agreement and a product with a catalog item.";
