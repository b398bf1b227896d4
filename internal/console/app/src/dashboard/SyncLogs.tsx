import { Button, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { useServices } from "../api/context";
import { logsQuery } from "../api/queries";
import type { LogEntry } from "../api/types";
import { to } from "../app/paths";
import { Who } from "../auth/Who";
import { formatNumber, formatTime } from "../ui/format";
import { Icon } from "../ui/icons";
import { usePageTitle } from "../ui/Page";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Empty, Loading, More } from "../ui/states";
import { useKnown } from "./Dashboard";
import { eventWords } from "./events";
import { LogFilters } from "./LogFilters";
import { Section } from "./Section";
import { useLogChoice } from "./useLogChoice";

/** What happened, newest first; which of it stands in the address. */
export function SyncLogs() {
  usePageTitle("Sync logs");
  const { api } = useServices();
  const { types } = useKnown();
  const log = useLogChoice();
  const list = useInfiniteQuery(logsQuery(api, log.choice));
  const entries = list.data?.pages.flatMap((page) => page.items) ?? [];
  const label = (name?: string) => types.find((type) => type.type === name)?.label ?? name ?? "";
  return (
    <Section
      title="Sync logs"
      actions={
        <Button
          variant="default"
          leftSection={<Icon name="refresh" size={18} />}
          loading={list.isRefetching}
          onClick={() => void list.refetch()}
        >
          Refresh
        </Button>
      }
    >
      <Text c="dimmed" mb="md">
        When syncs began and ended, errors and who asked. Kept for 90 days.
      </Text>
      <LogFilters log={log} types={types} />
      {list.isPending && <Loading rows={6} />}
      {list.isError && <ProblemAlert error={list.error} retry={() => void list.refetch()} />}
      {list.isSuccess && entries.length === 0 && <Nothing filtered={log.filtered} more={list.hasNextPage} />}
      {entries.length > 0 && (
        <table className="data">
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">What</th>
              <th scope="col">Data type</th>
              <th scope="col">Who</th>
              <th scope="col">Details</th>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: entries have no id, and the list only grows at its end
              <Row key={i} entry={entry} label={label(entry.type)} />
            ))}
          </tbody>
        </table>
      )}
      <More query={list} />
    </Section>
  );
}

function Nothing({ filtered, more }: { filtered: boolean; more: boolean }) {
  if (!filtered) return <Empty title="Nothing happened yet" />;
  if (more)
    return <Text c="dimmed">Nothing that matches so far; older entries were not looked through.</Text>;
  return <Empty title="Nothing matches">Choose less above to see more.</Empty>;
}

function Row({ entry, label }: { entry: LogEntry; label: string }) {
  return (
    <tr>
      <td data-label="When">{formatTime(entry.at)}</td>
      <td data-label="What">
        {entry.runId ? (
          <Link to={to.run(entry.runId)}>{eventWords(entry.event)}</Link>
        ) : (
          eventWords(entry.event)
        )}
      </td>
      <td data-label="Data type">{label}</td>
      <td data-label="Who">
        <Who id={entry.who} />
      </td>
      <td data-label="Details">{details(entry)}</td>
    </tr>
  );
}

function details({ message, counts, failure }: LogEntry): string {
  const numbers = counts
    ? [
        `${formatNumber(counts.read)} read`,
        `${formatNumber(counts.created)} created`,
        `${formatNumber(counts.updated)} updated`,
        ...(counts.skipped > 0 ? [`${formatNumber(counts.skipped)} skipped`] : []),
        ...(counts.outOfScope > 0 ? [`${formatNumber(counts.outOfScope)} out of scope`] : []),
        ...(counts.removed > 0 ? [`${formatNumber(counts.removed)} removed`] : []),
      ].join(", ")
    : "";
  return [message, failure?.message, failure?.remedy, numbers].filter(Boolean).join(" ");
}
