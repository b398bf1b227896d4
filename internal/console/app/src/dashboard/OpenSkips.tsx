import { Select, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useServices } from "../api/context";
import { openSkipsQuery, type SkipChoice } from "../api/queries";
import { SkipTable } from "../runs/SkipTable";
import { reasonWords, skipReasons } from "../runs/words";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading, More } from "../ui/states";
import { useKnown } from "./Dashboard";
import { Section } from "./Section";

/** The records that are not kept at present, and why. */
export function OpenSkips() {
  const { api } = useServices();
  const { types } = useKnown();
  const [choice, setChoice] = useState<SkipChoice>({});
  const list = useInfiniteQuery(openSkipsQuery(api, choice));
  const skips = list.data?.pages.flatMap((page) => page.items) ?? [];
  const enabled = types.filter((type) => type.enabled);
  return (
    <Section
      title="Records that could not be kept"
      actions={
        <div className="actions">
          <Select
            aria-label="Data type of the records"
            placeholder="All data types"
            clearable
            clearButtonProps={{ "aria-label": "All data types" }}
            data={enabled.map((row) => ({ value: row.type, label: row.label }))}
            value={choice.type ?? null}
            onChange={(type) => setChoice({ ...choice, type: type ?? undefined })}
          />
          <Select
            aria-label="Reason"
            placeholder="All reasons"
            clearable
            clearButtonProps={{ "aria-label": "All reasons" }}
            data={skipReasons.map((reason) => ({ value: reason, label: reasonWords(reason) }))}
            value={choice.reason ?? null}
            onChange={(reason) => setChoice({ ...choice, reason: reason ?? undefined })}
          />
        </div>
      }
    >
      {list.isPending && <Loading />}
      {list.isError && <ProblemAlert error={list.error} retry={() => void list.refetch()} />}
      {list.isSuccess && skips.length === 0 && !list.hasNextPage && (
        <Text c="dimmed">
          {choice.type || choice.reason ? "None of this kind." : "None: everything that was read is kept."}
        </Text>
      )}
      {skips.length > 0 && <SkipTable skips={skips} types={types} />}
      <More query={list} />
    </Section>
  );
}
