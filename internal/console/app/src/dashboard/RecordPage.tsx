import { Alert, Button, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { take } from "../api/client";
import { useServices } from "../api/context";
import { keys, recordQuery } from "../api/queries";
import type { StoredRecord } from "../api/types";
import { to } from "../app/paths";
import { useMayChange } from "../auth/useMe";
import { usePaused } from "../integrations/usePause";
import { outcomeWords, removalWords } from "../runs/words";
import { formatTime } from "../ui/format";
import { Icon } from "../ui/icons";
import { Page } from "../ui/Page";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading } from "../ui/states";
import { shown } from "./fields";
import { Section } from "./Section";

/** One record as it was kept. */
export function RecordPage() {
  const { api } = useServices();
  const { type = "", id = "" } = useParams();
  const record = useQuery(recordQuery(api, type, Number(id)));
  const back = { to: `${to.dashboard("records")}/${type}`, label: "Records" };
  if (!record.data) {
    return (
      <Page title="Record" back={back}>
        {record.isError ? (
          <ProblemAlert error={record.error} retry={() => void record.refetch()} />
        ) : (
          <Loading />
        )}
      </Page>
    );
  }
  const { data } = record;
  return (
    <Page title={data.name || `Record ${data.id}`} back={back} actions={<SyncAgain record={data} />}>
      <Stack>
        {data.removed && (
          <Alert color="orange" icon={<Icon name="alert" />} title={removalWords(data.removed)[0]}>
            {removalWords(data.removed)[1]}{" "}
            {data.mergedInto && <Link to={to.record(data.type, data.mergedInto)}>See that record</Link>}
          </Alert>
        )}
        <Section title="As kept">
          <dl className="facts">
            <dt>ConnectWise id</dt>
            <dd>{data.id}</dd>
            <dt>Read</dt>
            <dd>{formatTime(data.readAt)}</dd>
            <dt>Changed here</dt>
            <dd>{formatTime(data.changedAt)}</dd>
          </dl>
        </Section>
        <Section title="Fields">
          <dl className="facts">
            {shown(data.data).map(([name, value]) => (
              <Field key={name} name={name} value={value} />
            ))}
          </dl>
        </Section>
      </Stack>
    </Page>
  );
}

function Field({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function SyncAgain({ record }: { record: StoredRecord }) {
  const { api } = useServices();
  const client = useQueryClient();
  const mayChange = useMayChange();
  const paused = usePaused();
  const path = { type: record.type, id: record.id };
  const sync = useMutation({
    mutationFn: () => take(api.POST("/v1/records/{type}/{id}/sync", { params: { path } })),
    onSuccess: (fresh) => {
      if (fresh.record) client.setQueryData(recordQuery(api, path.type, path.id).queryKey, fresh.record);
      const kept = fresh.outcome === "kept";
      const message = kept
        ? "Read from ConnectWise just now."
        : outcomeWords(record.name || `Record ${record.id}`, fresh);
      notifications.show({ color: kept ? "teal" : "orange", message });
      void client.invalidateQueries({ queryKey: keys.skips });
    },
  });
  return (
    <Stack align="flex-end">
      <Button
        leftSection={<Icon name="refresh" size={18} />}
        disabled={!mayChange || paused}
        loading={sync.isPending}
        onClick={() => sync.mutate()}
      >
        Sync this record
      </Button>
      {paused && <Text size="sm">Syncing is paused. Resume it first, under Configuration.</Text>}
      {sync.isError && <ProblemAlert error={sync.error} />}
    </Stack>
  );
}
