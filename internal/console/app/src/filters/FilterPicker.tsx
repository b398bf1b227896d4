import { Stack, Text } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import type { Discovery, Filter } from "../api/types";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading } from "../ui/states";
import { CategoryPicker } from "./CategoryPicker";
import { categoryNames, withChoices } from "./categories";

interface Props {
  discovery: UseQueryResult<Discovery>;
  filter: Filter;
  onChange: (filter: Filter) => void;
  disabled?: boolean;
}

/** Chooses companies by what ConnectWise knows of them. A list that is empty or refused does not block the others. */
export function FilterPicker({ discovery, filter, onChange, disabled }: Props) {
  if (discovery.isPending) return <Loading rows={2} label="Reading the lists from ConnectWise" />;
  if (discovery.isError) {
    return <ProblemAlert error={discovery.error} retry={() => void discovery.refetch()} />;
  }
  const { lists, trouble } = discovery.data;
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        A company must match every box in which you choose something; within a box, one match is enough. A box
        left empty is no condition.
      </Text>
      {trouble && (
        <Text size="sm">
          The choices come without numbers: {trouble.message} {trouble.remedy}
        </Text>
      )}
      <div className="pickers">
        {categoryNames.map((category) => (
          <CategoryPicker
            key={category}
            category={category}
            list={lists.find((list) => list.category === category)}
            chosen={filter[category] ?? []}
            onChange={(choices) => onChange(withChoices(filter, category, choices))}
            disabled={disabled}
          />
        ))}
      </div>
    </Stack>
  );
}
