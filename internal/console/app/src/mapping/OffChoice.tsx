import { Radio, Stack } from "@mantine/core";
import { type Off, offWords } from "./target";

interface Props {
  value: Off;
  onChange: (off: Off) => void;
}

/** Asks what becomes of the lines that were posted. */
export function OffChoice({ value, onChange }: Props) {
  return (
    <Radio.Group
      label="What becomes of the lines on the agreement?"
      value={value}
      onChange={(chosen) => onChange(chosen as Off)}
    >
      <Stack gap="xs" mt="xs">
        {Object.entries(offWords).map(([off, { label, says }]) => (
          <Radio key={off} value={off} label={label} description={says} />
        ))}
      </Stack>
    </Radio.Group>
  );
}
