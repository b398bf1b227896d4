import { Button, Select, Text, Title } from "@mantine/core";
import { useState } from "react";
import type { PlannedAgreement, PlannedLine } from "../api/types";
import { formatCount } from "../ui/format";
import { ArrearsProposal } from "./ArrearsProposal";
import { formatEffect, sum } from "./amounts";
import { agreementName } from "./LineName";
import { PlanLine } from "./PlanLine";

/** How many agreements are shown at once. */
const few = 25;

const changes = ({ steps }: PlannedLine) => steps.length > 0;
const troubled = ({ attention }: PlannedLine) => attention.length > 0;

const filters = {
  all: { label: "All lines", fits: () => true },
  changes: { label: "Lines that change", fits: changes },
  attention: { label: "Lines that need attention", fits: troubled },
  same: { label: "Lines that stay", fits: (line: PlannedLine) => !changes(line) && !troubled(line) },
};
type Filter = keyof typeof filters;

/** What a preview found, by agreement. */
export function Plan({ agreements }: { agreements: PlannedAgreement[] }) {
  const [filter, setFilter] = useState<Filter>("all");
  const [shown, setShown] = useState(few);
  const lines = agreements.flatMap((agreement) => agreement.lines);
  const fitting = agreements
    .map((agreement) => ({ ...agreement, lines: agreement.lines.filter(filters[filter].fits) }))
    .filter((agreement) => agreement.lines.length > 0);
  return (
    <>
      <Totals lines={lines} />
      <Select
        label="Show"
        maw="18rem"
        allowDeselect={false}
        data={Object.entries(filters).map(([value, { label, fits }]) => ({
          value,
          label: `${label} (${lines.filter(fits).length})`,
        }))}
        value={filter}
        onChange={(value) => setFilter((value ?? "all") as Filter)}
      />
      {fitting.length === 0 && <Text c="dimmed">None.</Text>}
      {fitting.slice(0, shown).map((agreement) => (
        <PlannedPart key={agreement.agreement.id} planned={agreement} />
      ))}
      {fitting.length > shown && (
        <Button variant="default" onClick={() => setShown(shown + few)}>
          Show more agreements
        </Button>
      )}
    </>
  );
}

function Totals({ lines }: { lines: PlannedLine[] }) {
  const changing = lines.filter(changes).length;
  const effect = sum(lines.map((line) => line.effect));
  return (
    <dl className="counts totals">
      <div>
        <dt>change</dt>
        <dd>{formatCount(changing, "line")}</dd>
      </div>
      <div>
        <dt>need attention</dt>
        <dd>{formatCount(lines.filter(troubled).length, "line")}</dd>
      </div>
      <div>
        <dt>on the price of a period, in all</dt>
        <dd>{formatEffect(effect)}</dd>
      </div>
    </dl>
  );
}

function PlannedPart({ planned }: { planned: PlannedAgreement }) {
  const name = agreementName(planned);
  return (
    <section className="planned" aria-label={name}>
      <div className="state">
        <Title order={3} size="h5">
          {name}
        </Title>
        <Text size="sm" c="dimmed">
          {formatEffect(sum(planned.lines.map(({ effect }) => effect)))} a period
        </Text>
      </div>
      {planned.proposeArrears && <ArrearsProposal agreement={planned.agreement.id} />}
      <table className="data plan">
        <thead>
          <tr>
            <th scope="col">Product</th>
            <th scope="col" className="number">
              Now → then
            </th>
            <th scope="col">From</th>
            <th scope="col">What happens</th>
            <th scope="col" className="number">
              Price effect
            </th>
          </tr>
        </thead>
        <tbody>
          {planned.lines.map((line) => (
            <PlanLine key={line.product.id} line={line} />
          ))}
        </tbody>
      </table>
    </section>
  );
}
