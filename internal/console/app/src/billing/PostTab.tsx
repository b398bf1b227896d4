import { Button, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { useServices } from "../api/context";
import type { PostingRun } from "../api/types";
import { to } from "../app/paths";
import { useMayChange } from "../auth/useMe";
import { Section } from "../dashboard/Section";
import { Confirm } from "../ui/Confirm";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Empty, Loading } from "../ui/states";
import { Guarded } from "./Guarded";
import { NeedsAttention } from "./NeedsAttention";
import { Preview } from "./Preview";
import { mappedQuery, settingsQuery } from "./queries";
import { RunStatus } from "./RunStatus";
import { usePostings, useStart } from "./usePostings";

/** What needs a person, the latest posting, and the preview of the next. */
export function PostTab() {
  const { api } = useServices();
  const mapped = useQuery(mappedQuery(api));
  const { query, posting, preview } = usePostings();
  if (query.isError) return <ProblemAlert error={query.error} retry={() => void query.refetch()} />;
  if (mapped.isError) return <ProblemAlert error={mapped.error} retry={() => void mapped.refetch()} />;
  if (query.isPending || mapped.isPending) return <Loading />;
  if (mapped.data === 0 && !posting && !preview) return <NothingMapped />;
  return (
    <div className="stack">
      <NeedsAttention />
      <Posting run={posting} />
      <Preview run={preview} posting={posting} />
    </div>
  );
}

function NothingMapped() {
  return (
    <Empty title="Nothing is mapped yet">
      Usage is posted for tenants that are mapped to an agreement, and for products that have a catalog item.
      Begin with{" "}
      <Link to={to.dashboard("mappings")} className="inline">
        Mappings
      </Link>
      .
    </Empty>
  );
}

function Posting({ run }: { run: PostingRun | undefined }) {
  const mayChange = useMayChange();
  return (
    <Section title="Posting" actions={mayChange && <PostNow run={run} />}>
      {run ? (
        <div className="stack">
          <RunStatus run={run} name="The posting" />
          <Guarded run={run} />
        </div>
      ) : (
        <Text c="dimmed">Nothing was posted yet. The first posting of each mapping waits for approval.</Text>
      )}
      <NextPosting />
    </Section>
  );
}

function NextPosting() {
  const { api } = useServices();
  const settings = useQuery(settingsQuery(api)).data?.data;
  if (!settings || settings.paused) return null;
  return (
    <Text size="sm" c="dimmed" mt="sm">
      Each day is posted by itself after {settings.at} ({settings.zone}).
    </Text>
  );
}

function PostNow({ run }: { run: PostingRun | undefined }) {
  const { api } = useServices();
  const paused = useQuery(settingsQuery(api)).data?.data.paused ?? false;
  const [opened, { open, close }] = useDisclosure(false);
  const start = useStart("post");
  const busy = run?.state === "running";
  return (
    <>
      <Button disabled={paused || busy} onClick={open}>
        Post now
      </Button>
      <Confirm
        opened={opened}
        title="Post now?"
        action="Post"
        busy={start.isPending}
        error={start.error}
        onConfirm={() => start.mutate(undefined, { onSuccess: close })}
        onClose={close}
      >
        <Text>
          The latest reports are written to your agreements in ConnectWise now. What waits for approval stays
          as it is, and a line that is right already is not touched.
        </Text>
      </Confirm>
    </>
  );
}
