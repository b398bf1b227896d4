import { Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useServices } from "../api/context";
import { openSkipsQuery, skipsQuery } from "../api/queries";
import type { Run } from "../api/types";
import { SkipTable } from "../runs/SkipTable";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading, More } from "../ui/states";
import { Section } from "./Section";

/**
 * The records that a run could not keep, and why. One that looks for what is gone reads numbers only: what it counts
 * as skipped, earlier runs found, and their reasons stand in the list of the type.
 */
export function Skips({ run }: { run: Run }) {
  const { api } = useServices();
  const earlier = run.mode === "reconcile";
  const ofRun = useInfiniteQuery({ ...skipsQuery(api, run.id), enabled: !earlier });
  const ofType = useInfiniteQuery({ ...openSkipsQuery(api, { type: run.type }), enabled: earlier });
  const list = earlier ? ofType : ofRun;
  const skips = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section title="Skipped records">
      {earlier && (
        <Text size="sm" c="dimmed" mb="sm">
          Found by earlier syncs: this one only looked for what is gone. Shown is what is not kept at present.
        </Text>
      )}
      {list.isPending && <Loading />}
      {list.isError && <ProblemAlert error={list.error} retry={() => void list.refetch()} />}
      {list.isSuccess && skips.length === 0 && !list.hasNextPage && (
        <Text c="dimmed">
          {earlier ? "None: all are kept by now." : "The list of this sync is no longer kept."}
        </Text>
      )}
      {skips.length > 0 && <SkipTable skips={skips} />}
      <More query={list} />
    </Section>
  );
}
