import { Alert, Badge, Text } from "@mantine/core";
import type { Connection } from "../api/types";
import { formatTime } from "../ui/format";
import { Icon } from "../ui/icons";
import { CallbackTable } from "./CallbackTable";
import { useKnown } from "./Dashboard";
import { Section } from "./Section";

type Callbacks = NonNullable<Connection["enabled"]>["callbacks"];

const words: Record<Callbacks["state"], { label: string; color: string; says: string }> = {
  none: { label: "Not yet", color: "gray", says: "ConnectWise is asked for them in a moment." },
  registering: { label: "Being set up", color: "blue", says: "ConnectWise is being asked for them." },
  registered: {
    label: "On",
    color: "teal",
    says: "ConnectWise tells us of changes, and they arrive at once.",
  },
  failed: { label: "Off", color: "orange", says: "Changes arrive with the next sync, every 15 minutes." },
};

/** Whether ConnectWise tells us of changes by itself. */
export function LiveUpdates() {
  const { connection, types } = useKnown();
  const callbacks = connection.enabled?.callbacks;
  if (!callbacks) return null;
  const { label, color, says } = words[callbacks.state];
  return (
    <Section
      title="Live updates"
      actions={
        <Badge color={color} variant="light" size="lg" tt="none">
          {label}
        </Badge>
      }
    >
      <Text size="sm">
        {says} {callbacks.at && `Since ${formatTime(callbacks.at)}.`}
      </Text>
      {callbacks.warning && (
        <Alert mt="sm" color="orange" icon={<Icon name="alert" />} title={callbacks.warning.message}>
          {callbacks.warning.remedy}
        </Alert>
      )}
      {callbacks.types && callbacks.types.length > 0 && (
        <CallbackTable callbacks={callbacks.types} types={types} />
      )}
    </Section>
  );
}
