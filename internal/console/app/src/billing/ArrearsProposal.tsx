import { Button, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useServices } from "../api/context";
import { useMayChange } from "../auth/useMe";
import { ProblemAlert } from "../ui/ProblemAlert";
import { settingsQuery } from "./queries";
import { useSaveSettings } from "./usePostings";

/** Proposes to mark an agreement as billed in arrears, which only a person can know. */
export function ArrearsProposal({ agreement }: { agreement: number }) {
  const { api } = useServices();
  const { data: stored } = useQuery(settingsQuery(api));
  const mayChange = useMayChange();
  const save = useSaveSettings();
  if (!stored || stored.data.arrears.includes(agreement)) return null;
  const mark = () => {
    const settings = { ...stored.data, arrears: [...stored.data.arrears, agreement] };
    save.mutate({ settings, etag: stored.etag });
  };
  return (
    <div className="note">
      <Text size="sm">
        Its lines look as if it were billed in arrears: each invoice covers the period before. If so, mark it,
        then preview again; the period that the next invoice covers is open then.
      </Text>
      {save.isError && <ProblemAlert error={save.error} />}
      {mayChange && (
        <Button variant="default" loading={save.isPending} onClick={mark}>
          It is billed in arrears
        </Button>
      )}
    </div>
  );
}
