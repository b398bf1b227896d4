import { Badge, Text } from "@mantine/core";
import type { Attention, PlannedLine, PlannedShare, PlannedStep } from "../api/types";
import { formatCount, formatNumber } from "../ui/format";
import { formatDay, formatEffect, formatQuantity } from "./amounts";
import { detailOf, labelOf, stepWords, thenOf, whyDate, whyStep } from "./words";

/** What a posting would do to a line. */
export function PlanLine({ line }: { line: PlannedLine }) {
  const then = thenOf(line);
  return (
    <tr>
      <th scope="row">
        <span className="badges">
          {line.product.name || `Catalog item ${line.product.id}`}
          {line.unapproved && (
            <Badge color="orange" variant="light" tt="none">
              Not approved
            </Badge>
          )}
        </span>
      </th>
      <td data-label="Now → then" className="number">
        {then === line.now ? (
          formatQuantity(then)
        ) : (
          <span>
            {formatQuantity(line.now)} → <strong>{formatQuantity(then)}</strong>
          </span>
        )}
      </td>
      <td data-label="From">
        {line.date && (
          <span>
            {formatDay(line.date)}
            <Text size="sm" c="dimmed">
              {whyDate(line.why)}
            </Text>
          </span>
        )}
      </td>
      <td className="block happens">
        {line.steps.map((step) => (
          <Step key={`${step.kind}/${step.line}/${step.date}`} step={step} />
        ))}
        {line.attention.map((attention) => (
          <State key={`${attention.code}/${attention.tenant}/${attention.line}`} attention={attention} />
        ))}
        {line.steps.length === 0 && line.attention.length === 0 && <Text c="dimmed">Stays as it is.</Text>}
        <Shares shares={line.shares} reported={line.reported} />
      </td>
      <td data-label="Price effect" className="number">
        {formatEffect(line.effect)}
      </td>
    </tr>
  );
}

function Step({ step }: { step: PlannedStep }) {
  return (
    <div>
      {stepWords(step)}
      <Text size="sm" c="dimmed">
        {whyStep(step.reason)}
      </Text>
    </div>
  );
}

function State({ attention }: { attention: Attention }) {
  if (attention.code === "awaiting_approval") return null; // its badge and the alert above say so
  const detail = detailOf(attention);
  return (
    <div>
      <strong className="warn">{labelOf(attention.code)}</strong>
      {detail && ` (${detail})`}
      <Text size="sm">{attention.remedy}</Text>
    </div>
  );
}

/** The tenants whose usage is summed. */
function Shares({ shares, reported }: { shares: PlannedShare[]; reported: string }) {
  if (shares.length === 0) return null;
  const names = [...new Set(shares.map(({ tenant, name }) => name || tenant))];
  const from = names.length === 1 ? names[0] : formatCount(names.length, "tenant");
  return (
    <details className="more">
      <summary>
        {formatQuantity(reported)} from {from}
      </summary>
      <ul>
        {shares.map(({ tenant, name, sku, count, day, reported: has }) => (
          <li key={`${tenant}/${sku}`}>
            {name || tenant}, {sku}: {has ? formatNumber(count) : "not reported yet"}
            {has && day && <Text span c="dimmed">{` (${formatDay(day)})`}</Text>}
          </li>
        ))}
      </ul>
    </details>
  );
}
