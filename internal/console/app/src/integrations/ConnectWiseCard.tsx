import { Badge, Button, Stack, Text, Title } from "@mantine/core";
import { Link } from "react-router";
import { to } from "../app/paths";
import { useMayChange } from "../auth/useMe";
import { formatList } from "../ui/format";
import { Icon } from "../ui/icons";
import { FormerNote } from "./FormerNote";
import { healthWords } from "./health";
import type { Known } from "./useConnection";

/** The card of ConnectWise PSA: what it does, how it stands, and the way in. */
export function ConnectWiseCard({ known }: { known: Known }) {
  const { label, color } = healthWords[known.health];
  const names = known.types.filter((type) => type.enabled).map((type) => type.label.toLowerCase());
  const concern = known.concerns[0];
  return (
    <section className="card" aria-labelledby="connectwise">
      <Stack>
        <div className="actions spread">
          <Title order={2} size="h3" id="connectwise">
            ConnectWise PSA
          </Title>
          <Badge color={color} variant="light" size="lg" tt="none">
            {label}
          </Badge>
        </div>
        <Text>Keeps {formatList(names) || "your records"} in step with ConnectWise (Manage).</Text>
        {known.connection.enabled && (
          <Text size="sm" c="dimmed">
            {known.connection.enabled.site}, company {known.connection.enabled.companyId}
          </Text>
        )}
        {known.connection.former && <FormerNote former={known.connection.former} />}
        {concern && <Text size="sm">{concern.message}</Text>}
        <div className="actions">
          <Way known={known} />
        </div>
      </Stack>
    </section>
  );
}

function Way({ known }: { known: Known }) {
  const mayChange = useMayChange();
  if (known.connection.state === "enabled") {
    return (
      <Button component={Link} to={to.dashboard()}>
        Open
      </Button>
    );
  }
  if (!mayChange) return <Text size="sm">An admin of your account can set it up.</Text>;
  const draft = known.connection.state === "draft";
  return (
    <Button component={Link} to={to.setup()} leftSection={draft ? null : <Icon name="plus" size={18} />}>
      {draft ? "Continue setup" : "Setup"}
    </Button>
  );
}
