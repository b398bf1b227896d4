import { Button, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useServices } from "../api/context";
import { rightsQuery } from "../api/queries";
import type { Connection } from "../api/types";
import { useMayChange } from "../auth/useMe";
import { CheckList } from "../setup/CheckList";
import { PermissionMatrix } from "../setup/PermissionMatrix";
import { formatTime } from "../ui/format";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading } from "../ui/states";
import { useKnown } from "./Dashboard";
import { Section } from "./Section";

/** What the API member's role allows, asked again when somebody wants to know. */
export function Permissions() {
  const { connection } = useKnown();
  const mayChange = useMayChange();
  if (!connection.enabled) return null;
  if (mayChange) return <Checked now={connection.enabled} />;
  return (
    <Section title="Permissions">
      <Text size="sm">An admin can check here what the API member's role allows.</Text>
    </Section>
  );
}

function Checked({ now }: { now: NonNullable<Connection["enabled"]> }) {
  const { api } = useServices();
  const { types } = useKnown();
  const test = useQuery(rightsQuery(api, now));
  const report = test.data;
  const listed = report && (!report.ok || report.rights.length === 0);
  return (
    <Section
      title="Permissions"
      actions={
        <Button variant="default" loading={test.isFetching} onClick={() => void test.refetch()}>
          {report ? "Check again" : "Check permissions"}
        </Button>
      }
    >
      <Stack>
        <Text size="sm" c="dimmed">
          {report
            ? `Checked ${formatTime(new Date(test.dataUpdatedAt).toISOString())} with the stored keys.`
            : "Asks ConnectWise, with the stored keys, what the API member's role allows. Nothing is changed there."}
        </Text>
        {test.isError && <ProblemAlert error={test.error} />}
        {test.isFetching && !report && <Loading rows={2} label="Asking ConnectWise" />}
        {listed && <CheckList report={report} types={types} />}
        {report && !listed && <PermissionMatrix report={report} order={3} />}
      </Stack>
    </Section>
  );
}
