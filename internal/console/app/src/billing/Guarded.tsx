import { Alert, Button, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useServices } from "../api/context";
import type { PostingOffence, PostingRun } from "../api/types";
import { useMayChange } from "../auth/useMe";
import { Confirm } from "../ui/Confirm";
import { formatCount } from "../ui/format";
import { Icon } from "../ui/icons";
import { formatQuantity } from "./amounts";
import { lineName } from "./LineName";
import { linesQuery } from "./queries";
import { useConfirmPosting } from "./usePostings";
import { labelOf } from "./words";

/** The lines for which a guard stopped a posting, and the person's word. */
export function Guarded({ run }: { run: PostingRun }) {
  const mayChange = useMayChange();
  const [opened, { open, close }] = useDisclosure(false);
  const confirm = useConfirmPosting(run.id);
  if (run.state !== "needs_confirmation") return null;
  const lines = formatCount(run.offences.length, "line");
  return (
    <Alert color="orange" icon={<Icon name="alert" />} title={`Nothing was posted: look at ${lines} first`}>
      <Stack gap="sm">
        <Text size="sm">
          These lines would change so much that a wrong report is likely. If a report is wrong, have it
          corrected in the product and post again; if they are right, confirm.
        </Text>
        <Offences offences={run.offences} />
        {mayChange ? (
          <div className="actions">
            <Button onClick={open}>Confirm these lines</Button>
          </div>
        ) : (
          <Text size="sm">An admin of your account can confirm.</Text>
        )}
      </Stack>
      <Confirm
        opened={opened}
        title={`Post ${lines} as reported?`}
        action="Confirm and post"
        busy={confirm.isPending}
        error={confirm.error}
        onConfirm={() => confirm.mutate(undefined, { onSuccess: close })}
        onClose={close}
      >
        <Text>
          The posting goes on for all lines. These are set to the new quantities, and invoiced so. Any other
          line that would change as much stops it again.
        </Text>
      </Confirm>
    </Alert>
  );
}

function Offences({ offences }: { offences: PostingOffence[] }) {
  const { api } = useServices();
  const { data: lines = [] } = useQuery(linesQuery(api));
  const named = ({ agreement, product }: PostingOffence) =>
    lines.find((line) => line.agreement.id === agreement && line.product.id === product) ?? {
      agreement: { id: agreement },
      product: { id: product },
    };
  return (
    <table className="data">
      <thead>
        <tr>
          <th scope="col">Line</th>
          <th scope="col">Why</th>
          <th scope="col" className="number">
            Now → then
          </th>
        </tr>
      </thead>
      <tbody>
        {offences.map((offence) => (
          <tr key={`${offence.agreement}/${offence.product}`}>
            <td data-label="Line">{lineName(named(offence))}</td>
            <td data-label="Why">{labelOf(offence.code)}</td>
            <td data-label="Now → then" className="number">
              {formatQuantity(offence.was)} → {formatQuantity(offence.then)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
