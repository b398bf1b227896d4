import { Checkbox } from "@mantine/core";
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
  const further = types.filter((type) => !type.main);
  const chosenFurther = further.filter((type) => chosen.includes(type.type)).length;
  const boxes = (some: DataType[]) =>
    some.map((type) => <TypeBox key={type.type} {...{ type, types, chosen, disabled }} />);
  return (
    <Checkbox.Group label={label} value={chosen} onChange={(value) => onChange(withParents(types, value))}>
      <div className="type-boxes">{boxes(types.filter((type) => type.main))}</div>
      {further.length > 0 && (
        <details className="more" open={chosenFurther > 0 || undefined}>
          <summary>
            More data types ({further.length}
            {chosenFurther > 0 && `, ${chosenFurther} chosen`})
          </summary>
          <div className="type-boxes">{boxes(further)}</div>
        </details>
      )}
    </Checkbox.Group>
  );
}

interface BoxProps extends Pick<Props, "types" | "chosen" | "disabled"> {
  type: DataType;
}

function TypeBox({ type, types, chosen, disabled }: BoxProps) {
  const neededBy = types
    .filter((other) => other.parent === type.type && chosen.includes(other.type))
    .map((other) => other.label);
  const parent = types.find((other) => other.type === type.parent);
  return (
    <Checkbox
      value={type.type}
      label={type.label}
      description={explain(type, neededBy, parent)}
      disabled={disabled || type.always || neededBy.length > 0}
      py={6}
    />
  );
}

function explain(type: DataType, neededBy: string[], parent: DataType | undefined): string | undefined {
  if (type.always) return "Always synced: usage and billing need them";
  if (neededBy.length > 0) return needed(neededBy);
  return parent && `Come with the ${parent.label.toLowerCase()} they belong to`;
}

/** More children than this are counted instead of named. */
const named = 3;

function needed(by: string[]): string {
  if (by.length > named) return `Needed for ${by.length} other types`;
  return `Needed for ${by.join(", ").toLowerCase()}`;
}
