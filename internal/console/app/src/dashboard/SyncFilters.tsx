import { Button, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMayChange } from "../auth/useMe";
import { Who } from "../auth/Who";
import { FilterEditor } from "../filters/FilterEditor";
import { FilterSummary } from "../filters/FilterSummary";
import { SaveFilter } from "../filters/SaveFilter";
import { useFilterChoice } from "../filters/useFilterChoice";
import { formatTime } from "../ui/format";
import { usePageTitle } from "../ui/Page";
import { useKnown } from "./Dashboard";
import { Section } from "./Section";

/** Which companies are synced, changed without asking for keys. */
export function SyncFilters() {
  usePageTitle("Sync filters");
  const { connection, types } = useKnown();
  const mayChange = useMayChange();
  const [saving, { open, close }] = useDisclosure(false);
  const now = connection.enabled;
  const choice = useFilterChoice("connection", now, now?.types ?? []);
  const stored = choice.stored.data?.data;
  return (
    <Stack>
      <Section title="Sync filters">
        <Stack gap="md">
          <Text>
            Filters decide which companies are synced, and with them their contacts and everything else that
            belongs to a company. Nothing changes until you save.
          </Text>
          {stored?.by && stored.at && (
            <Text size="sm" c="dimmed">
              Last changed {formatTime(stored.at)} by <Who id={stored.by} />.
            </Text>
          )}
          {stored && !stored.applied && (
            <Text size="sm">
              Not everything was read by these filters yet; that is done with the next complete sync of the
              companies.
            </Text>
          )}
          {mayChange ? (
            <FilterEditor choice={choice} types={types} />
          ) : (
            stored && <FilterSummary filter={stored.filter} />
          )}
          {mayChange && (
            <div className="actions">
              <Button disabled={!choice.changed} onClick={open}>
                Save filters
              </Button>
              {choice.changed && (
                <Button variant="default" onClick={choice.forget}>
                  Undo changes
                </Button>
              )}
            </div>
          )}
        </Stack>
      </Section>
      {saving && <SaveFilter choice={choice} types={types} onClose={close} />}
    </Stack>
  );
}
