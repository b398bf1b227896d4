import { Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { useServices } from "../api/context";
import type { BilledLine, PostingEntry } from "../api/types";
import { to } from "../app/paths";
import { Who } from "../auth/Who";
import { Section } from "../dashboard/Section";
import { formatTime } from "../ui/format";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Empty, Loading, More } from "../ui/states";
import { formatDay } from "./amounts";
import { lineName, Whose } from "./LineName";
import { historyQuery, linesQuery, type OfLine } from "./queries";
import { changeWords, detailOf, eventWords, labelOf, whyStep } from "./words";

type Named = Pick<BilledLine, "agreement" | "product" | "company">;

/** What was posted and decided, of all lines or of one. */
export function HistoryTab() {
  const { api } = useServices();
  const [search] = useSearchParams();
  const of = lineOf(search);
  const history = useInfiniteQuery(historyQuery(api, of));
  const { data: lines = [] } = useQuery(linesQuery(api));
  const named = ({ agreement, product }: OfLine): Named =>
    lines.find((line) => line.agreement.id === agreement && line.product.id === product) ?? {
      agreement: { id: agreement },
      product: { id: product },
    };
  const entries = history.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section title="History" actions={of && <Link to={to.dashboard("usage/history")}>All lines</Link>}>
      {of && <Text mb="md">Only {lineName(named(of))}.</Text>}
      {history.isPending && <Loading />}
      {history.isError && <ProblemAlert error={history.error} retry={() => void history.refetch()} />}
      {history.isSuccess && entries.length === 0 && (
        <Empty title="Nothing yet">What is posted and decided is listed here.</Empty>
      )}
      {entries.length > 0 && <Entries entries={entries} named={named} />}
      <More query={history} />
    </Section>
  );
}

function lineOf(search: URLSearchParams): OfLine | undefined {
  const agreement = Number(search.get("agreement"));
  const product = Number(search.get("product"));
  return agreement > 0 && product > 0 ? { agreement, product } : undefined;
}

function Entries({ entries, named }: { entries: PostingEntry[]; named: (line: OfLine) => Named }) {
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
          <Row key={at} entry={entry} line={named(entry)} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ entry, line }: { entry: PostingEntry; line: Named }) {
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
        <Whose {...line} />
      </td>
      <td data-label="Product">
        <Link to={to.lineHistory(entry.agreement, entry.product)}>
          {line.product.name || `Catalog item ${line.product.id}`}
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
