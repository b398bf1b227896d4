import { Alert, Button, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "react-router";
import { take } from "../api/client";
import { useServices } from "../api/context";
import { keys } from "../api/queries";
import { to } from "../app/paths";
import { useMayChange } from "../auth/useMe";
import { Who } from "../auth/Who";
import { FormerNote } from "../integrations/FormerNote";
import { formatTime } from "../ui/format";
import { Icon } from "../ui/icons";
import { usePageTitle } from "../ui/Page";
import { ProblemAlert } from "../ui/ProblemAlert";
import { useKnown } from "./Dashboard";
import { DataTypes } from "./DataTypes";
import { Disconnect } from "./Disconnect";
import { Pause } from "./Pause";
import { Permissions } from "./Permissions";
import { Section } from "./Section";

const callbackWords = {
  none: "Not registered yet",
  registering: "Being registered",
  registered: "Registered: changes arrive at once",
  failed: "Not registered: changes arrive with the next sync",
};

/** What is connected, with which keys, and what is synced. */
export function Configuration() {
  usePageTitle("Configuration");
  const { connection } = useKnown();
  const mayChange = useMayChange();
  const now = connection.enabled;
  if (!now) return null;
  return (
    <Stack>
      {connection.former && <FormerNote former={connection.former} />}
      {connection.draft && <WaitingDraft />}
      <Section
        title="Connection"
        actions={
          mayChange && (
            <Button component={Link} to={to.setup("connection")} variant="default">
              Update configuration
            </Button>
          )
        }
      >
        <dl className="facts">
          <dt>Server</dt>
          <dd>{now.serverUrl}</dd>
          <dt>Company ID</dt>
          <dd>{now.companyId}</dd>
          {now.version && (
            <>
              <dt>ConnectWise version</dt>
              <dd>{now.version}</dd>
            </>
          )}
          <dt>Enabled</dt>
          <dd>
            {formatTime(now.enabledAt)} by <Who id={now.enabledBy} />
          </dd>
          <dt>Keys</dt>
          <dd>
            Given {formatTime(now.keysAt)} by <Who id={now.keysBy} />; they are in the secret store and are
            never shown
          </dd>
          <dt>Callbacks</dt>
          <dd>{callbackWords[now.callbacks.state]}</dd>
        </dl>
        {now.callbacks.warning && (
          <Alert mt="md" color="orange" icon={<Icon name="alert" />} title={now.callbacks.warning.message}>
            {now.callbacks.warning.remedy}
          </Alert>
        )}
      </Section>
      <DataTypes />
      <Permissions />
      <Pause />
      <Disconnect />
    </Stack>
  );
}

/** A connection that was saved beside the one in use. */
function WaitingDraft() {
  const { api } = useServices();
  const { connection } = useKnown();
  const client = useQueryClient();
  const mayChange = useMayChange();
  const discard = useMutation({
    mutationFn: () => take(api.DELETE("/v1/connection/draft")),
    onSettled: () => client.invalidateQueries({ queryKey: keys.connection }),
  });
  return (
    <Alert color="orange" icon={<Icon name="info" />} title="A change waits to be enabled">
      <Stack gap="xs">
        <Text size="sm">
          {connection.draft?.site}, company {connection.draft?.companyId} was tested and saved. It is not in
          use yet.
        </Text>
        {discard.isError && <ProblemAlert error={discard.error} />}
        {mayChange && (
          <div className="actions">
            <Button component={Link} to={to.setup("review")}>
              Review it
            </Button>
            <Button variant="default" loading={discard.isPending} onClick={() => discard.mutate()}>
              Throw it away
            </Button>
          </div>
        )}
      </Stack>
    </Alert>
  );
}
