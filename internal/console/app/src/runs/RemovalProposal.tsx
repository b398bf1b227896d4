import { Alert, Button, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "react-router";
import { take } from "../api/client";
import { useServices } from "../api/context";
import { keys } from "../api/queries";
import type { Proposal, Run } from "../api/types";
import { to } from "../app/paths";
import { useMayChange } from "../auth/useMe";
import { Who } from "../auth/Who";
import { usePaused } from "../integrations/usePause";
import { Confirm } from "../ui/Confirm";
import { formatCount, formatNumber, formatTime } from "../ui/format";
import { Icon } from "../ui/icons";

interface Props {
  run: Run;
  /** What the records are called, in lower case. */
  label: string;
}

/** A removal that a run stopped before: how much, why it stopped, and a person's decision. */
export function RemovalProposal({ run, label }: Props) {
  const { proposal } = run;
  if (!proposal) return null;
  if (proposal.state !== "open") return <Decided proposal={proposal} />;
  return <Open run={run} proposal={proposal} label={label} />;
}

function Open({ run, proposal, label }: Props & { proposal: Proposal }) {
  const mayChange = useMayChange();
  const paused = usePaused();
  const [asked, { open, close }] = useDisclosure(false);
  const decide = useDecide(run);
  const missing = formatNumber(proposal.missing);
  return (
    <Alert
      color="orange"
      icon={<Icon name="alert" />}
      title={`Remove ${missing} of ${formatCount(proposal.stored, "record", label)}?`}
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">
          A sync did not find them in ConnectWise any more. {proposal.reason} So nothing was removed, and a
          person has to decide. A changed role, or records that somebody hid, look the same as deleted ones.
        </Text>
        <Link to={to.run(run.id)}>See the sync</Link>
        {mayChange && (
          <div className="actions">
            <Button color="red" disabled={paused} onClick={open}>
              Remove them
            </Button>
            <Button
              variant="default"
              loading={decide.isPending && !asked}
              onClick={() => decide.mutate(false)}
            >
              Keep them
            </Button>
          </div>
        )}
        {!mayChange && <Text size="sm">An admin of your account can decide.</Text>}
      </Stack>
      <Confirm
        opened={asked}
        title={`Remove ${missing} ${label}?`}
        action={`Remove ${missing}`}
        color="red"
        busy={decide.isPending}
        error={decide.error}
        onConfirm={() => decide.mutate(true, { onSuccess: close })}
        onClose={close}
      >
        <Text>
          Each is looked for in ConnectWise once more. Those that are really gone are marked as removed here
          and kept for 90 days; one that appears again comes back by itself. Nothing is changed in
          ConnectWise.
        </Text>
      </Confirm>
    </Alert>
  );
}

function useDecide(run: Run) {
  const { api } = useServices();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (confirm: boolean) =>
      take(api.POST("/v1/runs/{id}/removals", { params: { path: { id: run.id } }, body: { confirm } })),
    onSuccess: (_, confirm) => {
      notifications.show({
        color: "teal",
        message: confirm ? "The removal has started." : "They stay. The next complete sync looks again.",
      });
    },
    onSettled: () =>
      Promise.all([keys.runs, keys.types].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}

const decisions: Record<Exclude<Proposal["state"], "open">, string> = {
  confirmed: "The removal was confirmed",
  dismissed: "They were kept",
  outdated: "A later sync has looked again, so nothing has to be decided",
};

function Decided({ proposal }: { proposal: Proposal }) {
  if (proposal.state === "open") return null;
  return (
    <Text size="sm">
      {formatCount(proposal.missing, "record")} of {formatNumber(proposal.stored)} were proposed for removal.{" "}
      {decisions[proposal.state]}
      {proposal.decidedBy && proposal.decidedAt && (
        <>
          , {formatTime(proposal.decidedAt)} by <Who id={proposal.decidedBy} />
        </>
      )}
      .
    </Text>
  );
}
