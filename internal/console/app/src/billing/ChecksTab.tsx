import { Badge, Button, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { useServices } from "../api/context";
import type { PostingCheck } from "../api/types";
import { to } from "../app/paths";
import { Section } from "../dashboard/Section";
import { Icon } from "../ui/icons";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading } from "../ui/states";
import { checksQuery } from "./queries";

interface Words {
  says: string;
  link: { to: string; label: string };
}

const mappings = { to: to.dashboard("mappings"), label: "Mappings" };
const lines = { to: to.dashboard("usage/lines"), label: "Lines" };
const posting = { to: to.dashboard("usage"), label: "Post & preview" };

/** What each check asks, and where it is put right. */
const words: Record<PostingCheck["id"], Words> = {
  mapped: { says: "Every tenant that reports usage is mapped", link: mappings },
  additions: { says: "Usage appears as additions of the mapped agreements", link: posting },
  this_period: {
    says: "Next invoice date up to today: the line begins with this period, as a rule on the 1st of this month",
    link: lines,
  },
  next_period: {
    says: "Invoiced already: the line begins with the next period, as a rule on the 1st of next month",
    link: lines,
  },
  daily: { says: "Quantities are updated every day", link: posting },
  same_counts: { says: "Product, ConnectWise and the last posting count the same", link: lines },
  single_line: { says: "No line comes twice", link: lines },
};

const findings: Record<PostingCheck["finding"], { label: string; color: string }> = {
  pass: { label: "In order", color: "teal" },
  attention: { label: "Needs attention", color: "orange" },
  unknown: { label: "Nothing to look at yet", color: "gray" },
};

/** What the guides advise to look at after the set-up, item by item. */
export function ChecksTab() {
  const { api } = useServices();
  const checks = useQuery(checksQuery(api));
  const again = (
    <Button
      variant="default"
      leftSection={<Icon name="refresh" size={18} />}
      loading={checks.isFetching}
      onClick={() => void checks.refetch()}
    >
      Check again
    </Button>
  );
  return (
    <Section title="Sanity checks" actions={again}>
      <Text size="sm" c="dimmed" mb="md">
        They look at what the latest posting and the latest reports left here, and ask ConnectWise nothing.
      </Text>
      {checks.isPending && <Loading />}
      {checks.isError && <ProblemAlert error={checks.error} retry={() => void checks.refetch()} />}
      {checks.isSuccess && (
        <ul className="plain">
          {checks.data.map((check) => (
            <Item key={check.id} check={check} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Item({ check: { id, finding, looked, remedy } }: { check: PostingCheck }) {
  const { says, link } = words[id];
  const { label, color } = findings[finding];
  return (
    <li>
      <div className="checked">
        <div className="state">
          <Text fw={600}>{says}</Text>
          <Badge color={color} variant="light" tt="none">
            {label}
          </Badge>
        </div>
        <Text size="sm" c="dimmed">
          {looked}
        </Text>
        {remedy && (
          <Text size="sm">
            {remedy} <Link to={link.to}>{link.label}</Link>
          </Text>
        )}
      </div>
    </li>
  );
}
