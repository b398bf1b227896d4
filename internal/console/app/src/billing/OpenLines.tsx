import { Button, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useServices } from "../api/context";
import type { PostingRun } from "../api/types";
import { formatCount } from "../ui/format";
import { ProblemAlert } from "../ui/ProblemAlert";
import { formatDay, formatQuantity } from "./amounts";
import { lineName } from "./LineName";
import { openLinesQuery } from "./queries";
import { usePostings, useStart } from "./usePostings";
import { countWords } from "./words";

/** How many lines are listed at first. */
const few = 5;

/** The lines that go on billing once nobody looks after them, with the offer to end them first. */
export function OpenLines() {
  const { api } = useServices();
  const lines = useQuery(openLinesQuery(api));
  const [all, setAll] = useState(false);
  if (lines.isError) return <ProblemAlert error={lines.error} retry={() => void lines.refetch()} />;
  const open = lines.data ?? [];
  return (
    <Stack gap="xs">
      {open.length > 0 && (
        <>
          <Text>
            <strong>{formatCount(open.length, "line")}</strong> in ConnectWise{" "}
            {open.length === 1
              ? "has no end, and goes on billing the last quantity until somebody ends it:"
              : "have no end, and go on billing the last quantities until somebody ends them:"}
          </Text>
          <ul className="additions" aria-label="Lines left open">
            {(all ? open : open.slice(0, few)).map((one) => (
              <li key={one.line}>
                {lineName(one)}: {formatQuantity(one.quantity)} from {formatDay(one.start)}
              </li>
            ))}
          </ul>
          {!all && open.length > few && (
            <Button variant="default" onClick={() => setAll(true)}>
              Show all {open.length}
            </Button>
          )}
        </>
      )}
      <EndLines any={open.length > 0} />
    </Stack>
  );
}

function EndLines({ any }: { any: boolean }) {
  const { ending } = usePostings();
  const end = useStart("end");
  const mine = end.data && ending?.id === end.data.run.id ? ending : undefined;
  const busy = end.isPending || (end.data !== undefined && (mine?.active ?? true));
  return (
    <>
      {mine && <p role="status">{endWords(mine)}</p>}
      {end.isError && <ProblemAlert error={end.error} />}
      {any && (
        <>
          <Text size="sm" c="dimmed">
            They end with the period that is open now: what it bills stays. Mappings stay as they are, so that
            the next daily posting would begin new lines if you do not disconnect.
          </Text>
          <div>
            <Button variant="default" loading={busy} onClick={() => end.mutate()}>
              {mine && !mine.active ? "End what is left" : "End these lines first"}
            </Button>
          </div>
        </>
      )}
    </>
  );
}

const endWords = (run: PostingRun): string =>
  run.failure
    ? `${run.failure.message} ${run.failure.remedy}`
    : run.active
      ? "The lines are being ended."
      : countWords(run);
