import { Stack, Text } from "@mantine/core";
import { Confirm } from "../ui/Confirm";

interface Props {
  opened: boolean;
  company: string;
  busy: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before taking a ConnectWise company over from another account. */
export function TakeOver({ opened, company, busy, onConfirm, onClose }: Props) {
  return (
    <Confirm
      opened={opened}
      title={`Take over ${company}?`}
      action="Take it over"
      color="red"
      busy={busy}
      onConfirm={onConfirm}
      onClose={onClose}
    >
      <Stack gap="xs">
        <Text>
          Another account is connected to this ConnectWise company already. Two accounts writing to one
          company would bill and ticket everything twice.
        </Text>
        <Text>If you take it over, that account stops writing to it. Ask its people first, if you can.</Text>
      </Stack>
    </Confirm>
  );
}
