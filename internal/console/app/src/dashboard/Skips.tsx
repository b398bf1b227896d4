import { useInfiniteQuery } from "@tanstack/react-query";
import { useServices } from "../api/context";
import { skipsQuery } from "../api/queries";
import type { Run } from "../api/types";
import { SkipTable } from "../runs/SkipTable";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading, More } from "../ui/states";
import { Section } from "./Section";

/** The records that a run could not keep, and why. */
export function Skips({ run }: { run: Run }) {
  const { api } = useServices();
  const list = useInfiniteQuery(skipsQuery(api, run.id));
  const skips = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section title="Skipped records">
      {list.isPending && <Loading />}
      {list.isError && <ProblemAlert error={list.error} retry={() => void list.refetch()} />}
      {skips.length > 0 && <SkipTable skips={skips} />}
      <More query={list} />
    </Section>
  );
}
