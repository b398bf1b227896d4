import { Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useServices } from "../api/context";
import { isStale } from "../api/problem";
import { previewQuery } from "../api/queries";
import type { DataType } from "../api/types";
import { Confirm } from "../ui/Confirm";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading } from "../ui/states";
import { PreviewResult } from "./PreviewResult";
import type { FilterChoice } from "./useFilterChoice";
import { useSaveFilter } from "./useSaveFilter";

interface Props {
  choice: FilterChoice;
  types: DataType[];
  onClose: () => void;
}

/** Says what other filters will do, with numbers, before they are stored. */
export function SaveFilter({ choice, types, onClose }: Props) {
  const { api } = useServices();
  const save = useSaveFilter("connection", choice.stored.data?.etag ?? "");
  const enabled = types.filter((type) => type.enabled).map((type) => type.type);
  const after = useQuery(previewQuery(api, choice.filter, enabled));
  const stale = save.isError && isStale(save.error);
  const confirm = () =>
    save.mutate(choice.filter, {
      onSuccess: () => {
        choice.forget();
        onClose();
        notifications.show({ color: "teal", message: "Saved. Everything is being read by the new filters." });
      },
    });
  return (
    <Confirm
      opened
      title="Save these filters?"
      action="Save and sync"
      busy={save.isPending}
      blocked={stale}
      error={stale ? null : save.error}
      onConfirm={confirm}
      onClose={onClose}
    >
      <Stack gap="sm">
        {after.isPending && <Loading rows={2} label="Counting what matches" />}
        {after.isError && (
          <>
            <Text size="sm">What matches could not be counted. You can save all the same.</Text>
            <ProblemAlert error={after.error} retry={() => void after.refetch()} />
          </>
        )}
        {after.data && (
          <PreviewResult preview={after.data} types={types} all={choice.discovery.data?.companies} />
        )}
        {stale && (
          <ProblemAlert
            error={save.error}
            retry={() => {
              choice.forget();
              onClose();
            }}
            retryLabel="Show the present filters"
          />
        )}
        <Text size="sm">Saving does this, at once:</Text>
        <ul className="consequences">
          <li>A sync that is under way is ended, and every data type is read again.</li>
          <li>Companies that match and were not synced come in, with what belongs to them.</li>
          <li>
            Companies that no longer match are marked as out of scope, with what belongs to them. They are not
            deleted in ConnectWise, and come back when they match again.
          </li>
        </ul>
      </Stack>
    </Confirm>
  );
}
