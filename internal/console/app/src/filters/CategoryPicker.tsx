import { Input, MultiSelect, Text } from "@mantine/core";
import type { FilterList } from "../api/types";
import { formatCount, formatNumber } from "../ui/format";
import { type Category, categories, choiceName, troubleWords } from "./categories";

interface Props {
  category: Category;
  /** Absent where ConnectWise was not asked for it. */
  list: FilterList | undefined;
  chosen: number[];
  onChange: (chosen: number[]) => void;
  disabled?: boolean;
}

/** More choices than these are found by typing. */
const shownAtOnce = 100;

/** One list to choose from, searchable, with the number of companies behind each choice. */
export function CategoryPicker({ category, list, chosen, onChange, disabled }: Props) {
  const { label, many } = categories[category];
  if (list?.state !== "listed" && chosen.length === 0) {
    return (
      <Input.Wrapper label={label} labelElement="div">
        <Text size="sm" c="dimmed">
          {list?.trouble
            ? troubleWords(category, list.trouble)
            : `ConnectWise has no ${many}: there is nothing to choose.`}
        </Text>
      </Input.Wrapper>
    );
  }
  const choices = list?.choices ?? [];
  const unlisted = chosen.filter((id) => !choices.some((choice) => choice.id === id));
  const counts = new Map(choices.map((choice) => [String(choice.id), choice.companies]));
  return (
    <MultiSelect
      label={label}
      placeholder={chosen.length === 0 ? "Any" : undefined}
      description={note(category, list)}
      data={[...choices.map((choice) => choice.id), ...unlisted].map((id) => ({
        value: String(id),
        label: choiceName(list, id),
      }))}
      value={chosen.map(String)}
      onChange={(values) => onChange(values.map(Number))}
      renderOption={({ option }) => <Option label={option.label} companies={counts.get(option.value)} />}
      nothingFoundMessage="Nothing of that name"
      limit={shownAtOnce}
      searchable
      clearable
      hidePickedOptions
      disabled={disabled}
      clearButtonProps={{ "aria-label": `Clear ${many}` }}
      comboboxProps={{ withinPortal: false }}
    />
  );
}

function note(category: Category, list: FilterList | undefined): string | undefined {
  if (list?.trouble) return troubleWords(category, list.trouble);
  if (list?.cut) return `ConnectWise has more; the first ${formatNumber(list.choices.length)} are listed.`;
  return undefined;
}

function Option({ label, companies }: { label: string; companies?: number }) {
  return (
    <span className="option">
      <span>{label}</span>
      {companies !== undefined && (
        <Text span size="sm" c="dimmed" className="number">
          {formatCount(companies, "company", "companies")}
        </Text>
      )}
    </span>
  );
}
