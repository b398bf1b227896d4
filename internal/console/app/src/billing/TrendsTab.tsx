import { Select, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { take } from "../api/client";
import { useServices } from "../api/context";
import type { SKUTrend, UsageTrend } from "../api/types";
import { Section } from "../dashboard/Section";
import { formatNumber } from "../ui/format";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Empty, Loading } from "../ui/states";
import { formatDay, formatQuantity } from "./amounts";
import { keys, trendQuery } from "./queries";
import { TrendChart } from "./TrendChart";
import { billedOn, daysOf } from "./trend";
import { useProductName } from "./useProductName";

const spans = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "366", label: "A year" },
];

/** What one tenant used, day by day, and what is billed for it. */
export function TrendsTab() {
  const { api } = useServices();
  const [search, setSearch] = useSearchParams();
  const [days, setDays] = useState("30");
  const tenant = search.get("tenant");
  const trend = useQuery({ ...trendQuery(api, tenant ?? "", Number(days)), enabled: tenant !== null });
  return (
    <Section title="Trends">
      <div className="log-filters">
        <TenantSelect
          tenant={tenant}
          name={trend.data?.name}
          onChoose={(next) => setSearch({ tenant: next }, { replace: true })}
        />
        <Select
          label="How far back"
          allowDeselect={false}
          data={spans}
          value={days}
          onChange={(value) => value && setDays(value)}
        />
      </div>
      {tenant === null && <Text c="dimmed">Choose a tenant to see what it used.</Text>}
      {tenant !== null && trend.isPending && <Loading />}
      {trend.isError && <ProblemAlert error={trend.error} retry={() => void trend.refetch()} />}
      {trend.data?.skus.length === 0 && (
        <Empty title="Nothing was reported">
          {trend.data.name} reported nothing in these days, and has no lines.
        </Empty>
      )}
      <div className="trends">
        {trend.data?.skus.map((sku) => (
          <OneTrend key={sku.sku} trend={trend.data} sku={sku} />
        ))}
      </div>
    </Section>
  );
}

interface TenantProps {
  tenant: string | null;
  name: string | undefined;
  onChoose: (tenant: string) => void;
}

/** How many tenants are offered at once. */
const offered = 20;

function TenantSelect({ tenant, name, onChoose }: TenantProps) {
  const { api } = useServices();
  const [text, setText] = useState("");
  const [q] = useDebouncedValue(text, 250);
  const found = useQuery({
    queryKey: [...keys.trends, "tenants", q],
    queryFn: async () =>
      (await take(api.GET("/v1/mappings", { params: { query: { q: q || undefined, limit: offered } } })))
        .items,
    placeholderData: keepPreviousData,
  });
  const data = (found.data ?? []).map((row) => ({ value: row.tenant, label: row.name }));
  if (tenant && !data.some(({ value }) => value === tenant))
    data.push({ value: tenant, label: name ?? tenant });
  return (
    <Select
      label="Tenant"
      placeholder="Begin to type a name"
      searchable
      allowDeselect={false}
      nothingFoundMessage="No tenant is called that"
      data={data}
      value={tenant}
      onChange={(value) => value && onChoose(value)}
      onSearchChange={setText}
      filter={({ options }) => options}
    />
  );
}

function OneTrend({ trend: { name, first, last }, sku }: { trend: UsageTrend; sku: SKUTrend }) {
  const product = useProductName()(sku.sku);
  const shared = sku.lines.some(({ shares }) => shares > 1);
  const points = daysOf(sku, first, last);
  return (
    <figure className="trend">
      <figcaption>
        <strong>{product}</strong>
        <span className="legend">
          <span className="key reported">Reported</span>
          <span className="key billed">
            {shared ? "On the whole line, shared with others" : "On the line"}
          </span>
        </span>
      </figcaption>
      <TrendChart
        points={points}
        label={`${product} of ${name}, ${formatDay(first)} to ${formatDay(last)}`}
      />
      {sku.lines
        .filter(({ start }) => start > last)
        .map(({ start, quantity }) => (
          <Text size="sm" key={start}>
            A line of {formatQuantity(quantity)} begins on {formatDay(start)}.
          </Text>
        ))}
      <details>
        <summary>The same as a table</summary>
        <table className="data">
          <thead>
            <tr>
              <th scope="col">Day</th>
              <th scope="col" className="number">
                Reported
              </th>
              <th scope="col" className="number">
                On the line
              </th>
            </tr>
          </thead>
          <tbody>
            {sku.days.toReversed().map(({ day, count }) => (
              <tr key={day}>
                <th scope="row">{formatDay(day)}</th>
                <td data-label="Reported" className="number">
                  {formatNumber(count)}
                </td>
                <td data-label="On the line" className="number">
                  {formatLine(billedOn(sku, day))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

const formatLine = (quantity: string | undefined) =>
  quantity === undefined ? "None" : formatQuantity(quantity);
