import { Button, Stack, Text, Title } from "@mantine/core";
import { isStale } from "../api/problem";
import { FilterEditor } from "../filters/FilterEditor";
import { useFilterChoice } from "../filters/useFilterChoice";
import { useSaveFilter } from "../filters/useSaveFilter";
import { ProblemAlert } from "../ui/ProblemAlert";
import { StepActions } from "./StepActions";
import type { StepProps } from "./steps";
import { TypesPicker } from "./TypesPicker";
import { useSaveTypes } from "./useSaveTypes";

/** What to sync, and of which companies. Both can be left as they are. */
export function DataStep({ known, chosen, choose, next, back }: StepProps) {
  const types = useSaveTypes(known.typesEtag);
  const choice = useFilterChoice("draft", known.connection.draft, chosen);
  const filter = useSaveFilter("draft", choice.stored.data?.etag ?? "");
  const busy = types.isPending || filter.isPending;
  const save = async () => {
    await types.mutateAsync(chosen);
    if (choice.changed) await filter.mutateAsync(choice.filter);
    next();
  };
  const reload = () => {
    types.reset();
    filter.reset();
    choice.forget();
  };
  const error = types.error ?? filter.error;
  return (
    <Stack gap="xl">
      <Text>You can change both at any time, without entering keys again.</Text>
      <Part title="Data types">
        <TypesPicker
          label="What to sync"
          types={known.types}
          chosen={chosen}
          onChange={choose}
          disabled={busy}
        />
      </Part>
      <Part title="Company filters (optional)">
        <FilterEditor choice={choice} types={known.types} disabled={busy} />
      </Part>
      {error && (
        <ProblemAlert
          error={error}
          retry={isStale(error) ? reload : undefined}
          retryLabel="Show what is stored now"
        />
      )}
      <StepActions back={back}>
        <Button
          loading={busy}
          disabled={chosen.length === 0 || choice.stored.isPending}
          onClick={() => void save().catch(() => undefined)}
        >
          Next
        </Button>
      </StepActions>
    </Stack>
  );
}

function Part({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <Stack gap="sm">
      <Title order={3} size="h4">
        {title}
      </Title>
      {children}
    </Stack>
  );
}
