import { Badge, Button, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useServices } from "../api/context";
import { Section } from "../dashboard/Section";
import { formatCount } from "../ui/format";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Decide } from "./Decide";
import { lineName } from "./LineName";
import { linesQuery } from "./queries";
import { detailOf, type Group, groupsOf, labelOf } from "./words";

/** How many lines of a state are shown at first. */
const few = 5;

/** What a person should know first, by state, each with its remedy. */
export function NeedsAttention() {
  const { api } = useServices();
  const lines = useQuery(linesQuery(api));
  if (lines.isError) return <ProblemAlert error={lines.error} retry={() => void lines.refetch()} />;
  const groups = groupsOf(lines.data ?? []);
  if (groups.length === 0) return null;
  return (
    <Section title="Needs attention">
      <ul className="groups">
        {groups.map((group) => (
          <State key={group.code} group={group} />
        ))}
      </ul>
    </Section>
  );
}

function State({ group }: { group: Group }) {
  const { code, stops, remedy, lines } = group;
  const [all, setAll] = useState(false);
  return (
    <li>
      <div className="state">
        <Title order={3} size="h5">
          {labelOf(code)}
        </Title>
        <Badge color={stops ? "orange" : "gray"} variant="light" tt="none">
          {stops ? "Nothing is posted" : "Posted all the same"}
        </Badge>
        <Text size="sm" c="dimmed">
          {formatCount(lines.length, "line")}
        </Text>
      </div>
      <Text size="sm">{remedy}</Text>
      <ul className="plain">
        {(all ? lines : lines.slice(0, few)).map(({ line, attention }) => (
          <li key={`${line.agreement.id}/${line.product.id}/${attention.tenant}/${attention.line}`}>
            <span>
              {lineName(line)}
              <Text size="sm" c="dimmed">
                {detailOf(attention)}
              </Text>
            </span>
            <Decide line={line} />
          </li>
        ))}
      </ul>
      {!all && lines.length > few && (
        <Button variant="default" onClick={() => setAll(true)}>
          Show all {lines.length}
        </Button>
      )}
    </li>
  );
}
