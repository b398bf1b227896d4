import { Button, Checkbox, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { useServices } from "../api/context";
import type { BilledLine } from "../api/types";
import { to } from "../app/paths";
import { Section } from "../dashboard/Section";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Empty, Loading } from "../ui/states";
import { lineName } from "./LineName";
import { LineRow } from "./LineRow";
import { linesQuery } from "./queries";
import { differs, statesOf } from "./words";

/** How many lines are shown at once. */
const few = 50;

/** What is billed: the product's count, ConnectWise's and ours, side by side. */
export function LinesTab() {
  const { api } = useServices();
  const lines = useQuery(linesQuery(api));
  if (lines.isPending) return <Loading />;
  if (lines.isError) return <ProblemAlert error={lines.error} retry={() => void lines.refetch()} />;
  if (lines.data.length === 0) {
    return (
      <Empty title="No lines yet">
        They appear with the first posting. See its{" "}
        <Link to={to.dashboard("usage")} className="inline">
          preview
        </Link>
        .
      </Empty>
    );
  }
  return <Lines lines={lines.data} />;
}

function Lines({ lines }: { lines: BilledLine[] }) {
  const [text, setText] = useState("");
  const [onlyDiffering, setOnlyDiffering] = useState(false);
  const [shown, setShown] = useState(few);
  const fitting = lines.filter(
    (line) =>
      (!onlyDiffering || differs(line) || statesOf(line).length > 0) &&
      [lineName(line), ...line.tenants].some((name) =>
        name.toLowerCase().includes(text.trim().toLowerCase()),
      ),
  );
  return (
    <Section title="Lines">
      <div className="log-filters">
        <TextInput
          type="search"
          label="Find"
          placeholder="Company, agreement, product, tenant"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Checkbox
          label="Only where counts differ or something needs attention"
          checked={onlyDiffering}
          onChange={(event) => setOnlyDiffering(event.currentTarget.checked)}
        />
      </div>
      {fitting.length === 0 ? (
        <p role="status">No line is like that.</p>
      ) : (
        <table className="data lines">
          <thead>
            <tr>
              <th scope="col">Company and agreement</th>
              <th scope="col">Product</th>
              <th scope="col" className="number">
                Reported
              </th>
              <th scope="col" className="number">
                ConnectWise
              </th>
              <th scope="col" className="number">
                Posted
              </th>
              <th scope="col">State</th>
              <th scope="col">
                <span className="visually-hidden">Details</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {fitting.slice(0, shown).map((line) => (
              <LineRow key={`${line.agreement.id}/${line.product.id}`} line={line} />
            ))}
          </tbody>
        </table>
      )}
      {fitting.length > shown && (
        <Button variant="default" mt="md" onClick={() => setShown(shown + few)}>
          Show more
        </Button>
      )}
    </Section>
  );
}
