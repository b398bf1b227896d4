import { Button, Radio, Stack } from "@mantine/core";
import type { DataType } from "../api/types";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading } from "../ui/states";
import { FilterPicker } from "./FilterPicker";
import { PreviewResult } from "./PreviewResult";
import type { FilterChoice } from "./useFilterChoice";

interface Props {
  choice: FilterChoice;
  types: DataType[];
  disabled?: boolean;
}

/** Chooses which companies are synced, and shows what that brings. */
export function FilterEditor({ choice, types, disabled }: Props) {
  if (choice.stored.isPending) return <Loading rows={2} />;
  if (choice.stored.isError) {
    return <ProblemAlert error={choice.stored.error} retry={() => void choice.stored.refetch()} />;
  }
  return (
    <Stack gap="md">
      <Radio.Group
        label="Which companies?"
        value={choice.onlySome ? "some" : "all"}
        onChange={(value) => choice.chooseSome(value === "some")}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="all" label="All companies" disabled={disabled} />
          <Radio
            value="some"
            label="Only some companies"
            description="By type, status, territory or market; what belongs to other companies is left out too"
            disabled={disabled}
          />
        </Stack>
      </Radio.Group>
      {choice.onlySome && (
        <FilterPicker
          discovery={choice.discovery}
          filter={choice.chosen}
          onChange={choice.choose}
          disabled={disabled}
        />
      )}
      <PreviewPart choice={choice} types={types} disabled={disabled} />
    </Stack>
  );
}

function PreviewPart({ choice, types, disabled }: Props) {
  const { preview, previewed, discovery } = choice;
  return (
    <Stack gap="sm">
      <div className="actions">
        <Button variant="default" loading={preview.isFetching} disabled={disabled} onClick={choice.ask}>
          Preview
        </Button>
        {choice.onlySome && discovery.isSuccess && (
          <Button
            variant="default"
            loading={discovery.isFetching}
            disabled={disabled}
            onClick={() => void discovery.refetch()}
          >
            Read the lists again
          </Button>
        )}
      </div>
      {previewed && preview.isError && <ProblemAlert error={preview.error} retry={choice.ask} />}
      {previewed && preview.data && (
        <PreviewResult preview={preview.data} types={types} all={choice.discovery.data?.companies} />
      )}
    </Stack>
  );
}
