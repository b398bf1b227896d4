import { Button, Stack, Text } from "@mantine/core";
import { ProblemAlert } from "../ui/ProblemAlert";
import { StepActions } from "./StepActions";
import type { StepProps } from "./steps";
import { TypesPicker } from "./TypesPicker";
import { useSaveTypes } from "./useSaveTypes";

/** What to sync. */
export function DataTypesStep({ known, chosen, choose, next, back }: StepProps) {
  const save = useSaveTypes(known.typesEtag);
  return (
    <Stack gap="lg">
      <Text>You can change this at any time, without entering keys again.</Text>
      <TypesPicker
        label="What to sync"
        types={known.types}
        chosen={chosen}
        onChange={choose}
        disabled={save.isPending}
      />
      {save.isError && <ProblemAlert error={save.error} />}
      <StepActions back={back}>
        <Button
          loading={save.isPending}
          disabled={chosen.length === 0}
          onClick={() => save.mutate(chosen, { onSuccess: next })}
        >
          Next
        </Button>
      </StepActions>
    </Stack>
  );
}
