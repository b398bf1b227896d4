import { Button, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useServices } from "../api/context";
import { useMayChange } from "../auth/useMe";
import type { Known } from "../integrations/useConnection";
import { formatNumber } from "../ui/format";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading } from "../ui/states";
import { BulkBar } from "./BulkBar";
import { ChangePanel } from "./ChangePanel";
import { MappingTable } from "./MappingTable";
import { NoTenants } from "./NoTenants";
import { mappingsQuery, pageSize } from "./queries";
import { rangeWords } from "./target";
import { type ChoiceState, useChoice } from "./useChoice";
import { useAutoMap } from "./useSave";
import { useSelection } from "./useSelection";

/** Which tenant belongs to which company and agreement: on the dashboard and in the wizard. */
export function Tenants({ known }: { known: Known }) {
  const { api, config } = useServices();
  const mayChange = useMayChange();
  const state = useChoice();
  const list = useQuery(mappingsQuery(api, state.choice, state.page));
  const rows = list.data?.items ?? [];
  const selection = useSelection(rows);
  const counts = { all: list.data?.all ?? 0, unmapped: list.data?.unmapped ?? 0 };
  const total = counts[state.choice.tab];
  const none = list.isSuccess && counts.all === 0 && state.choice.q === "";
  const synced = known.types.some(
    ({ type, lastSuccess }) => type === "companies" && lastSuccess !== undefined,
  );
  return (
    <Stack gap="md">
      <Text>
        Each tenant of {config.product} belongs to a ConnectWise company: its incidents become tickets there.
        With an agreement, its usage is posted to that agreement.
      </Text>
      {!synced && (
        <Text size="sm" c="dimmed">
          The first sync is still bringing companies. You can search for one already; mapping by name waits
          for the end of that sync.
        </Text>
      )}
      {state.change && <ChangePanel key={state.change} id={state.change} onClose={() => state.show("")} />}
      {list.isPending && <Loading rows={6} />}
      {list.isError && <ProblemAlert error={list.error} retry={() => void list.refetch()} />}
      {none && <NoTenants />}
      {list.isSuccess && !none && (
        <>
          <div className="actions spread">
            <Which state={state} counts={counts} />
            {mayChange && <AutoMap onStarted={state.show} synced={synced} />}
          </div>
          {rows.length === 0 && <Nothing state={state} />}
          {mayChange && rows.length > 0 && (
            <BulkBar
              shown={rows}
              selection={selection}
              choice={state.choice}
              all={total}
              onChange={state.show}
            />
          )}
          {rows.length > 0 && <MappingTable rows={rows} selection={selection} />}
          <Pages state={state} shown={rows.length} all={total} more={list.data.more} />
        </>
      )}
    </Stack>
  );
}

function AutoMap({ onStarted, synced }: { onStarted: (id: string) => void; synced: boolean }) {
  const start = useAutoMap();
  return (
    <div>
      <Button
        variant="default"
        disabled={!synced}
        loading={start.isPending}
        onClick={() => start.mutate(undefined, { onSuccess: ({ id }) => onStarted(id) })}
      >
        Map by name
      </Button>
      {start.isError && <ProblemAlert error={start.error} />}
    </div>
  );
}

interface WhichProps {
  state: ChoiceState;
  counts: { all: number; unmapped: number };
}

/** How long somebody types on before the list is read, in milliseconds. */
const typing = 300;

function Which({ state, counts }: WhichProps) {
  const [typed, setTyped] = useState(state.choice.q);
  const search = useDebouncedCallback((q: string) => state.choose({ q: q.trim() }), typing);
  return (
    <search className="actions" aria-label="Tenants">
      <SegmentedControl
        aria-label="Which tenants"
        data={[
          { value: "all", label: `All (${formatNumber(counts.all)})` },
          { value: "unmapped", label: `Unmapped (${formatNumber(counts.unmapped)})` },
        ]}
        value={state.choice.tab}
        onChange={(tab) => state.choose({ tab: tab === "unmapped" ? "unmapped" : "all" })}
      />
      <TextInput
        type="search"
        aria-label="Search tenants, companies and agreements"
        placeholder="Search"
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          search(event.currentTarget.value);
        }}
      />
    </search>
  );
}

function Nothing({ state: { choice } }: { state: ChoiceState }) {
  if (choice.q) return <Text c="dimmed">No tenant, company or agreement has “{choice.q}” in its name.</Text>;
  return <Text c="dimmed">Every tenant is mapped.</Text>;
}

interface PagesProps {
  state: ChoiceState;
  shown: number;
  all: number;
  more: boolean;
}

function Pages({ state, shown, all, more }: PagesProps) {
  if (all <= pageSize && state.page === 0) return null;
  return (
    <nav className="actions spread" aria-label="Pages of tenants">
      <Text role="status">{rangeWords(state.page, pageSize, shown, all)}</Text>
      <div className="actions">
        <Button variant="default" disabled={state.page === 0} onClick={() => state.turn(state.page - 1)}>
          Previous
        </Button>
        <Button variant="default" disabled={!more} onClick={() => state.turn(state.page + 1)}>
          Next page
        </Button>
      </div>
    </nav>
  );
}
