import { Button, Stack, Text } from "@mantine/core";
import { useMayChange } from "../auth/useMe";
import { usePaused } from "../integrations/usePause";
import { useSync } from "../runs/useSync";
import { Icon } from "../ui/icons";
import { MoreMenu } from "../ui/MoreMenu";
import { usePageTitle } from "../ui/Page";
import { useKnown } from "./Dashboard";
import { LiveUpdates } from "./LiveUpdates";
import { OpenSkips } from "./OpenSkips";
import { pausedNote } from "./PausedBanner";
import { Proposals } from "./Proposals";
import { RunHistory } from "./RunHistory";
import { Section } from "./Section";
import { TypeRow } from "./TypeRow";

/** Starts syncs, and shows those that were. */
export function DataSync() {
  usePageTitle("Data sync");
  const { types, runs } = useKnown();
  const mayChange = useMayChange();
  const paused = usePaused();
  const sync = useSync();
  const enabled = types.filter((type) => type.enabled);
  return (
    <Stack>
      <Proposals />
      <Section
        title="Data types"
        actions={
          <div className="actions">
            <Button
              leftSection={<Icon name="refresh" size={18} />}
              disabled={!mayChange || paused || enabled.length === 0}
              aria-describedby={paused ? pausedNote : undefined}
              loading={sync.isPending}
              onClick={() => sync.mutate({})}
            >
              Sync all enabled
            </Button>
            <MoreMenu label="More for all enabled" disabled={!mayChange || paused}>
              {(done) => (
                <Button
                  variant="subtle"
                  onClick={() => {
                    done();
                    sync.mutate({ mode: "full" });
                  }}
                >
                  Read everything again
                </Button>
              )}
            </MoreMenu>
          </div>
        }
      >
        {paused && (
          <Text size="sm" mb="sm" id={pausedNote}>
            Nothing can be started while syncing is paused.
          </Text>
        )}
        <table className="data">
          <thead>
            <tr>
              <th scope="col">Data type</th>
              <th scope="col">State</th>
              <th scope="col">Up to date as of</th>
              <th scope="col">Last sync</th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {enabled.map((type) => (
              <TypeRow key={type.type} type={type} run={runs.find((run) => run.id === type.lastRun)} />
            ))}
          </tbody>
        </table>
      </Section>
      <LiveUpdates />
      <OpenSkips />
      <RunHistory />
    </Stack>
  );
}
