import { Button, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type FormEvent, useState } from "react";
import type { MappingRow, Target } from "../api/types";
import { Who } from "../auth/Who";
import { formatTime } from "../ui/format";
import { TargetForm, useProposed } from "./TargetForm";
import { noTarget, postsTo, targetOf, wishOf } from "./target";
import { Unmap } from "./Unmap";
import type { useSaveRow } from "./useSave";

interface Props {
  row: MappingRow;
  save: ReturnType<typeof useSaveRow>;
  onSaved: () => void;
  onClose: () => void;
}

/** Chooses what a tenant is mapped to. Nothing changes until it is saved. */
export function RowEditor({ row, save, onSaved, onClose }: Props) {
  const [chosen, setChosen] = useState(() => wishOf(row));
  const [asked, setAsked] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const wish = useProposed(chosen);
  const target = targetOf(wish, row.target.off);
  const store = (to: Target) =>
    save.mutate(to, {
      onSuccess: (saved) => {
        notifications.show({ color: "teal", message: savedWords(row.name, saved.target) });
        onSaved();
      },
      onError: () => setLeaving(false),
    });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setAsked(true);
    if (target) store(target);
  };
  return (
    <form onSubmit={submit} aria-label={`Mapping of ${row.name}`}>
      <Stack gap="md">
        <TargetForm
          wish={wish}
          onChange={setChosen}
          asked={asked}
          withSwitch={!row.mapped || !postsTo(row.target)}
          withProducts
        />
        {movesLine(row, target) && (
          <Text size="sm">
            Usage goes on to {row.target.agreement.name} until the change takes effect. The next posting shows
            both dates, the end of the old line and the beginning of the new one, before anything is sent.
          </Text>
        )}
        <div className="actions">
          <Button type="submit" loading={save.isPending && !leaving}>
            Save
          </Button>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          {row.mapped && (
            <Button variant="subtle" color="red" onClick={() => setLeaving(true)}>
              Take the mapping away
            </Button>
          )}
        </div>
        {row.by && row.at && (
          <Text size="sm" c="dimmed">
            Last changed {formatTime(row.at)} by <Who id={row.by} />.
          </Text>
        )}
      </Stack>
      {leaving && (
        <Unmap
          title={`Take away the mapping of ${row.name}?`}
          busy={save.isPending}
          onConfirm={() => store(noTarget)}
          onClose={() => setLeaving(false)}
        />
      )}
    </form>
  );
}

/** Whether what is posted now would go elsewhere. */
function movesLine({ mapped, target: now }: MappingRow, target: Target | undefined): boolean {
  return (
    mapped && now.enabled && postsTo(now) && target !== undefined && target.agreement.id !== now.agreement.id
  );
}

function savedWords(tenant: string, target: Target): string {
  return target.company.id
    ? `${tenant} is mapped to ${target.company.name}.`
    : `${tenant} is not mapped any more.`;
}
