import { Badge, Button, Text } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import type { BilledLine } from "../api/types";
import { to } from "../app/paths";
import { formatAgo, formatList } from "../ui/format";
import { formatDay, formatQuantity } from "./amounts";
import { Decide } from "./Decide";
import { lineName, Whose } from "./LineName";
import { detailOf, labelOf, statesOf } from "./words";

/** How many columns the table has. */
const columns = 7;

/** A line with its three counts; below it, what it consists of and what can be decided. */
export function LineRow({ line }: { line: BilledLine }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <tr className={open ? "open" : undefined}>
        <th scope="row">
          <Whose {...line} />
        </th>
        <td data-label="Product">{line.product.name || `Catalog item ${line.product.id}`}</td>
        <td data-label="Reported" className="number">
          {formatQuantity(line.reported)}
        </td>
        <Count label="ConnectWise" value={line.connectwise} beside={line.reported} />
        <Count label="Posted" value={line.posted} beside={line.connectwise} />
        <td data-label="State">
          <States line={line} />
        </td>
        <td className="act">
          <Button variant="default" aria-expanded={open} onClick={() => setOpen(!open)}>
            Details<span className="visually-hidden"> of {lineName(line)}</span>
          </Button>
        </td>
      </tr>
      {open && (
        <tr>
          <td colSpan={columns} className="block">
            <Details line={line} />
          </td>
        </tr>
      )}
    </>
  );
}

/** A count, which says so if it is not the one beside it. */
function Count({ label, value, beside }: { label: string; value: string; beside: string }) {
  return (
    <td data-label={label} className="number">
      {value === beside ? (
        formatQuantity(value)
      ) : (
        <strong className="warn">
          <span aria-hidden="true">≠ </span>
          {formatQuantity(value)}
          <span className="visually-hidden"> (differs)</span>
        </strong>
      )}
    </td>
  );
}

function States({ line }: { line: BilledLine }) {
  const { held, left, postedAt } = line;
  const codes = [...new Set([...(held ? ["held"] : []), ...(left ? ["left_to_others"] : [])])];
  const all = [...new Set([...codes, ...statesOf(line).map(({ code }) => code)])];
  if (all.length === 0) {
    return <Text size="sm">{postedAt ? `Posted ${formatAgo(postedAt)}` : "Nothing was posted yet"}</Text>;
  }
  return (
    <span className="badges">
      {all.map((code) => (
        <Badge key={code} variant="light" color="orange" tt="none">
          {labelOf(code)}
        </Badge>
      ))}
    </span>
  );
}

function Details({ line }: { line: BilledLine }) {
  return (
    <div className="preview">
      {statesOf(line).map((attention) => (
        <Text size="sm" key={`${attention.code}/${attention.tenant}/${attention.line}`}>
          <strong>{labelOf(attention.code)}</strong>
          {detailOf(attention) && ` (${detailOf(attention)})`}. {attention.remedy}
        </Text>
      ))}
      {line.tenants.length > 0 && <Text size="sm">Tenants: {formatList(line.tenants)}</Text>}
      <ul className="additions">
        {line.lines.map((one) => (
          <li key={one.id}>
            Line {one.id}: {formatQuantity(one.quantity)}, {span(one)}
            {one.taken && ", taken over"}
            {one.void && ", one too many: set to zero"}
            {one.gone && ", deleted by somebody"}
          </li>
        ))}
        {line.others.map((one) => (
          <li key={one.id}>
            Not ours: line {one.id}, {formatQuantity(one.quantity)}, {span(one)}
          </li>
        ))}
      </ul>
      <Link to={to.lineHistory(line.agreement.id, line.product.id)}>History of this line</Link>
      <Decide line={line} />
    </div>
  );
}

const span = ({ start, end }: { start: string; end?: string }) =>
  end ? `${formatDay(start)} to ${formatDay(end)}` : `from ${formatDay(start)}`;
