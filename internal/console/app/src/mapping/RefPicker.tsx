import { Select, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { asProblem } from "../api/problem";
import type { Ref } from "../api/types";
import type { Found, Search } from "./queries";
import { refOf } from "./target";

interface Props {
  label: string;
  /** Whether the label is for screen readers only. */
  quiet?: boolean;
  placeholder: string;
  value: Ref | null;
  onChange: (value: Ref | null) => void;
  search: Search;
  clearable?: boolean;
  error?: string;
  disabled?: boolean;
  autoFocus?: boolean;
}

/** How long somebody types on before a search is made, in milliseconds. */
const typing = 250;

/** Finds something by a few letters of its name, in a list too long to be sent. */
export function RefPicker(props: Props) {
  const { label, quiet, placeholder, value, onChange, search, clearable, error, disabled, autoFocus } = props;
  const [typed, setTyped] = useState(value?.name ?? "");
  const [opened, setOpened] = useState(false);
  const wanted = typed === (value?.name ?? "") ? "" : typed.trim();
  const [text] = useDebouncedValue(wanted, typing);
  const list = useQuery({ ...search(text), enabled: opened, placeholderData: (before) => before });
  const found = list.data ?? [];
  const busy = list.isFetching || text !== wanted;
  const offered: Found[] = value && !found.some(({ id }) => id === value.id) ? [...found, value] : found;
  const by = new Map(offered.map((one): [string, Found] => [String(one.id), one]));
  const trouble = list.isError ? asProblem(list.error) : undefined;
  return (
    <Select
      label={quiet ? undefined : label}
      aria-label={quiet ? label : undefined}
      placeholder={placeholder}
      data={offered.map((one) => ({
        value: String(one.id),
        label: one.name || `Id ${one.id}`,
        disabled: one.blocked,
      }))}
      value={value ? String(value.id) : null}
      onChange={(id) => {
        const one = by.get(id ?? "");
        onChange(one ? refOf(one) : null);
      }}
      searchValue={typed}
      onSearchChange={setTyped}
      onDropdownOpen={() => setOpened(true)}
      onDropdownClose={() => setOpened(false)}
      filter={({ options }) =>
        options.filter((one) => "value" in one && found.some(({ id }) => String(id) === one.value))
      }
      renderOption={({ option }) => <Option found={by.get(option.value)} />}
      nothingFoundMessage={busy ? "Searching…" : (trouble?.message ?? "Nothing of that name")}
      error={error ?? (trouble && `${trouble.message} ${trouble.remedy ?? ""}`)}
      searchable
      allowDeselect={false}
      clearable={clearable}
      clearButtonProps={{ "aria-label": `${label}: none` }}
      disabled={disabled}
      data-autofocus={autoFocus || undefined}
      comboboxProps={{ withinPortal: false }}
    />
  );
}

function Option({ found }: { found?: Found }) {
  if (!found) return null;
  return (
    <span>
      {found.name || `Id ${found.id}`}
      {found.note && (
        <Text size="sm" c="dimmed">
          {found.note}
        </Text>
      )}
    </span>
  );
}
