import { Alert, Button, Progress, Stack, Text, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useId, useRef } from "react";
import { useServices } from "../api/context";
import type { MappingChange } from "../api/types";
import { useMayChange } from "../auth/useMe";
import { Who } from "../auth/Who";
import { formatCount, formatNumber, formatTime } from "../ui/format";
import { Icon } from "../ui/icons";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading } from "../ui/states";
import { ChangeRows } from "./ChangeRows";
import { canUndo, changeTitle, tally } from "./change";
import { changeQuery, isWorking, keys } from "./queries";
import { useWorkChange } from "./useSave";

/** A change set: what it proposes, how far it is, what became of each row, and the way back. */
export function ChangePanel({ id, onClose }: { id: string; onClose: () => void }) {
  const { api } = useServices();
  const client = useQueryClient();
  const change = useQuery(changeQuery(api, id));
  const state = change.data?.state;
  const title = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  useEffect(() => {
    if (state === "applied" || state === "undone" || state === "stopped") {
      void client.invalidateQueries({ queryKey: keys.mappings });
    }
  }, [client, state]);
  return (
    <section className="preview" aria-labelledby={title}>
      <div className="actions spread">
        <Title order={3} size="h4" id={title} ref={heading} tabIndex={-1}>
          {change.data ? changeTitle(change.data) : "Changes to mappings"}
        </Title>
        <Button variant="default" onClick={onClose}>
          {state === "proposed" ? "Not now" : "Close"}
        </Button>
      </div>
      {change.isPending && <Loading />}
      {change.isError && <ProblemAlert error={change.error} retry={() => void change.refetch()} />}
      {change.data && <Content change={change.data} />}
    </section>
  );
}

function Content({ change }: { change: MappingChange }) {
  const mayChange = useMayChange();
  const work = useWorkChange(change.id);
  const { ready } = tally(change);
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        Asked for {formatTime(change.at)} by <Who id={change.by} />.
      </Text>
      {isWorking(change) && <Working change={change} />}
      {change.state === "stopped" && (
        <Alert color="orange" icon={<Icon name="alert" />} title="Not everything was done">
          {change.failure}
        </Alert>
      )}
      {change.state === "proposed" && <Proposed change={change} />}
      {work.isError && <ProblemAlert error={work.error} />}
      {mayChange && change.state === "proposed" && ready > 0 && (
        <div className="actions">
          <Button loading={work.isPending} onClick={() => work.mutate("apply")}>
            Map {formatCount(ready, "tenant")}
          </Button>
        </div>
      )}
      {mayChange && canUndo(change) && (
        <div className="actions">
          <Button variant="default" loading={work.isPending} onClick={() => work.mutate("undo")}>
            Undo
          </Button>
        </div>
      )}
      {!isWorking(change) && <ChangeRows change={change} />}
    </Stack>
  );
}

function Working({ change }: { change: MappingChange }) {
  const { done, rows, state } = change;
  if (state === "matching") return <Loading rows={2} label="Comparing names" />;
  return (
    <>
      <Progress
        value={rows.length > 0 ? (100 * done) / rows.length : 0}
        size="lg"
        aria-label={state === "undoing" ? "Taken back" : "Saved"}
      />
      <Text role="status">
        {formatNumber(done)} of {formatCount(rows.length, "tenant")}
      </Text>
    </>
  );
}

function Proposed({ change }: { change: MappingChange }) {
  const { ready, ambiguous } = tally(change);
  return (
    <Text>
      {ready > 0
        ? "These tenants have the name of exactly one company. Nothing is mapped until you say so, and what is mapped already stays."
        : "No tenant that is not mapped has the name of exactly one company. Map the rest by hand."}
      {ambiguous > 0 &&
        ` ${formatCount(ambiguous, "tenant is", "tenants are")} left alone, since a name fits more than one; the end of the list says which.`}
      {change.cut && " There are more; they are proposed once these are mapped."}
    </Text>
  );
}
