import { Alert, Badge, Button, Checkbox, Select, Text } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { useServices } from "../api/context";
import type { StatementRow } from "../api/types";
import { to } from "../app/paths";
import { Section } from "../dashboard/Section";
import { Icon } from "../ui/icons";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Empty, Loading, More } from "../ui/states";
import { formatDay, formatQuantity } from "./amounts";
import { agreementName } from "./LineName";
import { monthIn, monthName, monthsUpTo } from "./months";
import { settingsQuery, statementFile, statementQuery } from "./queries";
import { useProductName } from "./useProductName";
import { labelOf } from "./words";

/** What became of a month's usage, tenant by tenant. */
export function MonthTab() {
  const { api } = useServices();
  const zone = useQuery(settingsQuery(api)).data?.data.zone ?? "UTC";
  const present = monthIn(zone);
  const [month, setMonth] = useState(present);
  const [onlyOpen, setOnlyOpen] = useState(false);
  const statement = useInfiniteQuery(statementQuery(api, month));
  const rows = statement.data?.pages.flatMap((page) => page.items) ?? [];
  const shown = onlyOpen ? rows.filter(({ why }) => why.length > 0) : rows;
  return (
    <Section title="Month end" actions={<Download month={month} />}>
      <div className="log-filters">
        <Select
          label="Month"
          allowDeselect={false}
          data={monthsUpTo(present).map((value) => ({ value, label: monthName(value) }))}
          value={month}
          onChange={(value) => value && setMonth(value)}
        />
        <Checkbox
          label="Only what is not posted or not billed"
          checked={onlyOpen}
          onChange={(event) => setOnlyOpen(event.currentTarget.checked)}
        />
      </div>
      <Meaning present={month === present} />
      {statement.isPending && <Loading />}
      {statement.isError && <ProblemAlert error={statement.error} retry={() => void statement.refetch()} />}
      {statement.isSuccess && rows.length === 0 && (
        <Empty title="Nothing was reported">No tenant reported usage in {monthName(month)} or before.</Empty>
      )}
      {rows.length > 0 && shown.length === 0 && <p role="status">All of it is posted and billed.</p>}
      {shown.length > 0 && <Rows rows={shown} />}
      <More query={statement} />
    </Section>
  );
}

function Meaning({ present }: { present: boolean }) {
  return (
    <Text size="sm" c="dimmed" mb="md">
      As things {present ? "stand today" : "stood on the month’s last day"}. Billed is what is posted and
      invoiced by the agreement’s next invoice date: invoices themselves are not read.
    </Text>
  );
}

/** Saves the month's file. */
function Download({ month }: { month: string }) {
  const { api } = useServices();
  const file = useMutation({
    mutationFn: () => statementFile(api, month),
    onSuccess: (blob) => save(blob, `usage-${month}.csv`),
  });
  return (
    <>
      <Button variant="default" loading={file.isPending} onClick={() => file.mutate()}>
        Download CSV
      </Button>
      {file.isError && (
        <Alert color="red" role="alert" icon={<Icon name="alert" />} title="The file could not be made">
          Try again; if that does not help, choose another month.
        </Alert>
      )}
    </>
  );
}

function save(blob: Blob, name: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

function Rows({ rows }: { rows: StatementRow[] }) {
  const productName = useProductName();
  return (
    <table className="data lines month">
      <thead>
        <tr>
          <th scope="col">Tenant and product</th>
          <th scope="col">Billed on</th>
          <th scope="col" className="number">
            Reported
          </th>
          <th scope="col" className="number">
            Posted
          </th>
          <th scope="col" className="number">
            Billed
          </th>
          <th scope="col" className="number">
            Unbilled
          </th>
          <th scope="col">Why</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={`${row.tenant}/${row.sku}`} row={row} product={productName(row.sku)} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row, product }: { row: StatementRow; product: string }) {
  const { tenant, name, agreement, company, reported, posted, billed, unbilled, why, from } = row;
  return (
    <tr>
      <th scope="row">
        <span>
          <Link to={to.trend(tenant)}>{name}</Link>
          <Text size="sm" c="dimmed">
            {product}
          </Text>
        </span>
      </th>
      <td data-label="Billed on">{agreement.id ? agreementName({ agreement, company }) : "Nowhere"}</td>
      <td data-label="Reported" className="number">
        {formatQuantity(reported)}
      </td>
      <td data-label="Posted" className="number">
        <span>
          {formatQuantity(posted)}
          <Shared row={row} />
        </span>
      </td>
      <td data-label="Billed" className="number">
        {billed === undefined ? "Unknown" : formatQuantity(billed)}
      </td>
      <td data-label="Unbilled" className="number">
        {unbilled === undefined ? "Unknown" : formatQuantity(unbilled)}
      </td>
      <td data-label="Why">
        <span className="badges">
          {why.map(({ code }) => (
            <Badge key={code} variant="light" color={code === "not_invoiced" ? "gray" : "orange"} tt="none">
              {labelOf(code)}
            </Badge>
          ))}
          {why.some(({ code }) => code !== "not_invoiced") && (
            <Text size="sm" c="dimmed">
              {why.find(({ code }) => code !== "not_invoiced")?.words}
            </Text>
          )}
          {from && (
            <Text size="sm" c="dimmed">
              from {formatDay(from)}
            </Text>
          )}
        </span>
      </td>
    </tr>
  );
}

/** A line that is the sum of several. */
function Shared({ row: { shares, quantity } }: { row: StatementRow }) {
  if (!shares || shares < 2 || !quantity) return null;
  return (
    <Text size="sm" c="dimmed">
      of {formatQuantity(quantity)} on a line of {shares}
    </Text>
  );
}
