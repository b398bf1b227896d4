import { Alert, Button, Checkbox, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";
import type { PlannedAgreement, Unlike } from "../api/types";
import { useMayChange } from "../auth/useMe";
import { Confirm } from "../ui/Confirm";
import { formatCount } from "../ui/format";
import { Icon } from "../ui/icons";
import { changesOf } from "./unlike";
import { useApprove, useStart } from "./usePostings";
import { waiting } from "./waiting";

/** What waits for approval, and the word that lets it go out. */
export function Approve({ preview, agreements }: { preview: string; agreements: PlannedAgreement[] }) {
  const mayChange = useMayChange();
  const [opened, { open, close }] = useDisclosure(false);
  const tenants = waiting(agreements);
  if (tenants.length === 0) return null;
  const count = formatCount(tenants.length, "tenant");
  return (
    <Alert
      color="orange"
      icon={<Icon name="alert" />}
      title={`${count} ${tenants.length === 1 ? "waits" : "wait"} for approval`}
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">
          The first posting of a mapping, and a changed one, go out once a person has seen them. The lines are
          marked below.
        </Text>
        {mayChange ? (
          <Button onClick={open}>Approve</Button>
        ) : (
          <Text size="sm">An admin of your account can approve.</Text>
        )}
      </Stack>
      {opened && <Dialog preview={preview} tenants={tenants} onClose={close} />}
    </Alert>
  );
}

interface DialogProps {
  preview: string;
  tenants: { id: string; name: string }[];
  onClose: () => void;
}

function Dialog({ preview, tenants, onClose }: DialogProps) {
  const [without, setWithout] = useState<ReadonlySet<string>>(new Set());
  const approve = useApprove(preview);
  const chosen = tenants.filter(({ id }) => !without.has(id));
  const put = (ids: string[], on: boolean) =>
    setWithout(new Set(on ? [...without].filter((id) => !ids.includes(id)) : [...without, ...ids]));
  const all = tenants.map(({ id }) => id);
  if (approve.data && approve.data.length > 0) return <Left unlike={approve.data} onClose={onClose} />;
  return (
    <Confirm
      opened
      title={`Approve ${formatCount(chosen.length, "tenant")}?`}
      action="Approve"
      busy={approve.isPending}
      blocked={chosen.length === 0}
      error={approve.error}
      onConfirm={() =>
        approve.mutate(
          chosen.map(({ id }) => id),
          { onSuccess: (unlike) => unlike.length === 0 && onClose() },
        )
      }
      onClose={onClose}
    >
      <Stack gap="sm">
        <Text size="sm">
          From now on, what these tenants use is written to the agreements and products that they are mapped
          to, every day and without asking again, beginning with the period that is open. ConnectWise invoices
          it. A mapping that is changed later waits for approval again.
        </Text>
        <Checkbox
          label="All of them"
          checked={without.size === 0}
          indeterminate={without.size > 0 && chosen.length > 0}
          onChange={(event) => put(all, event.currentTarget.checked)}
        />
        <fieldset className="choices" aria-label="Tenants">
          {tenants.map(({ id, name }) => (
            <Checkbox
              key={id}
              label={name}
              checked={!without.has(id)}
              onChange={(event) => put([id], event.currentTarget.checked)}
            />
          ))}
        </fieldset>
      </Stack>
    </Confirm>
  );
}

/** What was not approved, since it is not what the preview showed any more. */
function Left({ unlike, onClose }: { unlike: Unlike[]; onClose: () => void }) {
  const start = useStart("preview");
  return (
    <Confirm
      opened
      title="Something changed after this preview"
      action="Preview again"
      busy={start.isPending}
      error={start.error}
      onConfirm={() => start.mutate(undefined, { onSuccess: onClose })}
      onClose={onClose}
    >
      <Text size="sm">
        These were not approved, and nothing of them is written. What is as the preview showed it is approved.
      </Text>
      <ul>
        {unlike.map((one) => (
          <li key={`${one.tenant}/${one.sku}`}>
            <strong>
              {one.name || one.tenant}, {one.sku}
            </strong>
            {changesOf(one).map((change) => (
              <Text key={change} size="sm">
                {change}
              </Text>
            ))}
          </li>
        ))}
      </ul>
    </Confirm>
  );
}
