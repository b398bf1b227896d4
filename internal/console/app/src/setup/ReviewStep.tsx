import { Button, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useServices } from "../api/context";
import { asProblem } from "../api/problem";
import { discoveryQuery, storedTestQuery } from "../api/queries";
import { Standing } from "../billing/Standing";
import { choosesAll, filterLines } from "../filters/categories";
import { formatList, formatNumber, formatTime } from "../ui/format";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading } from "../ui/states";
import { CheckList } from "./CheckList";
import { StepActions } from "./StepActions";
import type { StepProps } from "./steps";
import { TakeOver } from "./TakeOver";
import { useEnable } from "./useEnable";

/** Everything once more, tested anew, before anything becomes active. */
export function ReviewStep({ known, back }: StepProps) {
  const { api } = useServices();
  const test = useQuery(storedTestQuery(api, known.etag));
  const enable = useEnable();
  const draft = known.connection.draft;
  const claimed = enable.isError && asProblem(enable.error).code === "identity_claimed";
  const labels = known.types
    .filter((type) => draft?.types.includes(type.type))
    .map((type) => type.label.toLowerCase());
  return (
    <Stack gap="lg">
      <Text>
        Nothing is active yet. “Save &amp; enable” starts the first sync; pressing it twice does no harm.
      </Text>
      {draft && (
        <dl className="facts">
          <dt>Server</dt>
          <dd>{draft.serverUrl}</dd>
          <dt>Company ID</dt>
          <dd>{draft.companyId}</dd>
          {draft.version && (
            <>
              <dt>ConnectWise version</dt>
              <dd>{draft.version}</dd>
            </>
          )}
          <dt>Keys</dt>
          <dd>Stored in the secret store on {formatTime(draft.savedAt)}</dd>
          <dt>To be synced</dt>
          <dd>{formatList(labels)}</dd>
          <dt>Companies</dt>
          <dd>
            <ReviewFilter draft={draft} />
          </dd>
          {test.data?.checks.map(
            (check) =>
              check.visible !== undefined && (
                <Expected key={check.type} label={labelOf(known.types, check.type)} count={check.visible} />
              ),
          )}
        </dl>
      )}
      {known.connection.enabled ? (
        <Standing />
      ) : (
        <Text size="sm" c="dimmed">
          Tonight posts nothing: tenants and products are mapped after the first sync has brought companies
          and agreements, and a first posting waits for approval.
        </Text>
      )}
      {test.isPending && <Loading rows={2} label="Testing the connection" />}
      {test.isError && <ProblemAlert error={test.error} retry={() => void test.refetch()} />}
      {test.data && (
        <>
          <CheckList report={test.data} types={known.types} />
          <div className="actions">
            <Button variant="default" loading={test.isFetching} onClick={() => void test.refetch()}>
              Check again
            </Button>
          </div>
        </>
      )}
      {enable.isError && !claimed && <ProblemAlert error={enable.error} />}
      <TakeOver
        opened={claimed}
        company={draft?.companyId ?? ""}
        busy={enable.isPending}
        onConfirm={() => enable.mutate(true)}
        onClose={enable.reset}
      />
      <StepActions back={back}>
        <Button size="md" loading={enable.isPending} onClick={() => enable.mutate(false)}>
          Save &amp; enable
        </Button>
      </StepActions>
    </Stack>
  );
}

/** The filter by its names, where ConnectWise can be asked for them. */
function ReviewFilter({ draft }: { draft: NonNullable<StepProps["known"]["connection"]["draft"]> }) {
  const { api } = useServices();
  const all = choosesAll(draft.filter);
  const discovery = useQuery({ ...discoveryQuery(api, draft.site, draft.companyId), enabled: !all });
  if (all) return <>All of them</>;
  return (
    <>
      {filterLines(draft.filter, discovery.data).map(([label, says]) => (
        <div key={label}>
          {label}: {says}
        </div>
      ))}
    </>
  );
}

const labelOf = (types: StepProps["known"]["types"], name: string | undefined) =>
  types.find((type) => type.type === name)?.label ?? name ?? "";

function Expected({ label, count }: { label: string; count: number }) {
  return (
    <>
      <dt>{label} expected</dt>
      <dd>{formatNumber(count)}</dd>
    </>
  );
}
