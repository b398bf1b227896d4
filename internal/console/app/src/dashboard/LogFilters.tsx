import { Button, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useServices } from "../api/context";
import { peopleQuery } from "../api/queries";
import type { DataType } from "../api/types";
import { useWho } from "../auth/useMe";
import { events } from "./events";
import type { LogParam, LogState } from "./useLogChoice";

interface Option {
  value: string;
  label: string;
}

/** Chooses entries of the log. */
export function LogFilters({ log, types }: { log: LogState; types: DataType[] }) {
  const { api, session } = useServices();
  const who = useWho();
  const people = useQuery(peopleQuery(api)).data?.items.map((person) => person.id) ?? [];
  const doers = new Set([
    session.subject ?? "",
    ...people,
    "schedule",
    "callback",
    "system",
    log.value("who"),
  ]);
  const pick = (name: LogParam, label: string, any: string, data: Option[]) => (
    <Select
      label={label}
      placeholder={any}
      clearable
      clearButtonProps={{ "aria-label": `${label}: ${any.toLowerCase()}` }}
      data={data}
      value={log.value(name) || null}
      onChange={(value) => log.set(name, value)}
    />
  );
  const day = (name: "from" | "to", label: string) => (
    <TextInput
      type="date"
      label={label}
      value={log.value(name)}
      onChange={(event) => log.set(name, event.currentTarget.value)}
    />
  );
  return (
    <search className="log-filters" aria-label="Entries">
      {pick(
        "type",
        "Data type",
        "All data types",
        types.map(({ type, label }) => ({ value: type, label })),
      )}
      {pick("event", "What", "Everything", events)}
      {pick(
        "who",
        "Who",
        "Anybody",
        [...doers].filter(Boolean).map((id) => ({ value: id, label: capital(who(id)) })),
      )}
      {day("from", "From")}
      {day("to", "To")}
      {log.filtered && (
        <Button variant="default" onClick={log.clear}>
          {log.value("run") ? "Show all syncs" : "Show everything"}
        </Button>
      )}
    </search>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
