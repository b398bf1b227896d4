import { Select, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useServices } from "../api/context";
import type { Agreement, Ref } from "../api/types";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading } from "../ui/states";
import { agreementsQuery } from "./queries";
import { refOf, unusable } from "./target";

interface Props {
  company: Ref;
  value: Ref | null | undefined;
  onChange: (agreement: Ref | null) => void;
  error?: string;
}

const none = "0";

/** Chooses among the agreements of a company and of its parent company, or none of them. */
export function AgreementPicker({ company, value, onChange, error }: Props) {
  const { api } = useServices();
  const list = useQuery(agreementsQuery(api, company.id));
  if (list.isPending) return <Loading rows={1} label="Reading the company's agreements" />;
  if (list.isError) return <ProblemAlert error={list.error} retry={() => void list.refetch()} />;
  const notes = new Map(list.data.map((one): [string, string] => [String(one.id), noteOf(one, company)]));
  return (
    <Select
      label="Agreement"
      description={
        list.data.some((one) => one.usable)
          ? undefined
          : `${company.name} has no agreement that usage can be posted to.`
      }
      placeholder="Choose one"
      data={[
        { value: none, label: "None: for tickets only" },
        ...list.data.map((one) => ({
          value: String(one.id),
          label: one.name || `Id ${one.id}`,
          disabled: !one.usable,
        })),
      ]}
      value={value === undefined ? null : String(value?.id ?? none)}
      onChange={(id) => {
        const one = list.data.find((agreement) => String(agreement.id) === id);
        onChange(one ? refOf(one) : null);
      }}
      renderOption={({ option }) => (
        <span>
          {option.label}
          {notes.get(option.value) && (
            <Text size="sm" c="dimmed">
              {notes.get(option.value)}
            </Text>
          )}
        </span>
      )}
      allowDeselect={false}
      error={error}
      comboboxProps={{ withinPortal: false }}
    />
  );
}

function noteOf(agreement: Agreement, company: Ref): string {
  const whose = agreement.company === company.id ? "" : "The parent company's";
  return [whose, agreement.type, unusable(agreement)].filter(Boolean).join(". ");
}
