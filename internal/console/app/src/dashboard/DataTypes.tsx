import { Button, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { useMayChange } from "../auth/useMe";
import { TypesPicker } from "../setup/TypesPicker";
import { useSaveTypes } from "../setup/useSaveTypes";
import { ProblemAlert } from "../ui/ProblemAlert";
import { useKnown } from "./Dashboard";
import { Section } from "./Section";

/** Chooses what is synced, without asking for keys. */
export function DataTypes() {
  const { types, typesEtag } = useKnown();
  const mayChange = useMayChange();
  const save = useSaveTypes(typesEtag);
  const stored = types.filter((type) => type.enabled).map((type) => type.type);
  const [picked, setPicked] = useState<string[] | null>(null);
  const chosen = picked ?? stored;
  const changed = chosen.length !== stored.length || chosen.some((type) => !stored.includes(type));
  const press = () =>
    save.mutate(chosen, {
      onSuccess: () => {
        setPicked(null);
        notifications.show({ color: "teal", message: "Saved. What is new is being synced now." });
      },
    });
  return (
    <Section title="Data types">
      <Stack align="flex-start">
        <TypesPicker
          label="What is synced"
          types={types}
          chosen={chosen}
          onChange={setPicked}
          disabled={!mayChange || save.isPending}
        />
        <Text size="sm" c="dimmed">
          A type that is switched off is no longer read. What was kept of it stays.
        </Text>
        {save.isError && <ProblemAlert error={save.error} />}
        {mayChange && (
          <Button loading={save.isPending} disabled={!changed || chosen.length === 0} onClick={press}>
            Save data types
          </Button>
        )}
      </Stack>
    </Section>
  );
}
