import { Checkbox, Stack } from "@mantine/core";
import type { DataType } from "../api/types";
import { withParents } from "./parents";

interface Props {
  types: DataType[];
  chosen: string[];
  onChange: (chosen: string[]) => void;
  disabled?: boolean;
  label: string;
}

/** Chooses data types. What a chosen type belongs to comes along, and stays as long as it is needed. */
export function TypesPicker({ types, chosen, onChange, disabled, label }: Props) {
  const neededBy = (type: DataType) =>
    types
      .filter((other) => other.parent === type.type && chosen.includes(other.type))
      .map((other) => other.label);
  const explain = (type: DataType) => {
    const children = neededBy(type);
    if (children.length > 0) return `Needed for ${children.join(", ").toLowerCase()}`;
    const parent = types.find((other) => other.type === type.parent);
    return parent ? `Come with the ${parent.label.toLowerCase()} they belong to` : undefined;
  };
  return (
    <Checkbox.Group label={label} value={chosen} onChange={(value) => onChange(withParents(types, value))}>
      <Stack gap="xs" mt="xs">
        {types.map((type) => (
          <Checkbox
            key={type.type}
            value={type.type}
            label={type.label}
            description={explain(type)}
            disabled={disabled || neededBy(type).length > 0}
            py={6}
          />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}
