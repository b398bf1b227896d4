import { Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { useServices } from "../api/context";
import type { PostingEntry } from "../api/types";
import { to } from "../app/paths";
import { Who } from "../auth/Who";
import { Section } from "../dashboard/Section";
import { formatTime } from "../ui/format";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Empty, Loading, More } from "../ui/states";
import { formatDay } from "./amounts";
import { lineName, Whose } from "./LineName";
import { historyQuery, type OfLine } from "./queries";
import { changeWords, detailOf, eventWords, labelOf, whyStep } from "./words";

/** What was posted and decided, of all lines or of one. */
export function HistoryTab() {
  const { api } = useServices();
  const [search] = useSearchParams();
  const of = lineOf(search);
  const history = useInfiniteQuery(historyQuery(api, of));
  const entries = history.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section title="History" actions={of && <Link to={to.dashboard("usage/history")}>All lines</Link>}>
      {of && entries[0] && <Text mb="md">Only {lineName(entries[0])}.</Text>}
      {history.isPending && <Loading />}
      {history.isError && <ProblemAlert error={history.error} retry={() => void history.refetch()} />}
      {history.isSuccess && entries.length === 0 && (
        <Empty title="Nothing yet">What is posted and decided is listed here.</Empty>
      )}
      {entries.length > 0 && <Entries entries={entries} />}
      <More query={history} />
    </Section>
  );
}

function lineOf(search: URLSearchParams): OfLine | undefined {
  const agreement = Number(search.get("agreement"));
  const product = Number(search.get("product"));
  return agreement > 0 && product > 0 ? { agreement, product } : undefined;
}

function Entries({ entries }: { entries: PostingEntry[] }) {
  return (
    <table className="data history">
      <thead>
        <tr>
          <th scope="col">When and who</th>
          <th scope="col">Company and agreement</th>
          <th scope="col">Product</th>
          <th scope="col">What</th>
          <th scope="col">Old → new</th>
          <th scope="col">Why</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: entries have no id, and are only ever added to
          <Row key={at} entry={entry} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ entry }: { entry: PostingEntry }) {
  return (
    <tr>
      <td data-label="When and who">
        <span>
          {formatTime(entry.at)}
          <Text size="sm" c="dimmed">
            by <Who id={entry.by} />
          </Text>
        </span>
      </td>
      <td data-label="Agreement">
        <Whose {...entry} />
      </td>
      <td data-label="Product">
        <Link to={to.lineHistory(entry.agreement.id, entry.product.id)}>
          {entry.product.name || `Catalog item ${entry.product.id}`}
        </Link>
      </td>
      <td data-label="What">
        <span>
          {eventWords(entry.event)}
          <Text size="sm" c="dimmed">
            {[entry.line && `line ${entry.line}`, entry.date && `from ${formatDay(entry.date)}`]
              .filter(Boolean)
              .join(", ")}
          </Text>
        </span>
      </td>
      <td data-label="Old → new">
        {changeWords(entry).map((change) => (
          <div key={change}>{change}</div>
        ))}
      </td>
      <td data-label="Why">
        <Why entry={entry} />
      </td>
    </tr>
  );
}

function Why({ entry: { reason, found } }: { entry: PostingEntry }) {
  if (!found) return whyStep(reason);
  return (
    <span>
      {whyStep(reason)}
      <Text size="sm" c="dimmed">
        {labelOf(found.code)}: {detailOf(found)}
      </Text>
    </span>
  );
}
