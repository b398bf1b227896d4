import { Stack, Text } from "@mantine/core";
import { Confirm } from "../ui/Confirm";

interface Props {
  title: string;
  busy: boolean;
  error?: unknown;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before mappings are taken away. */
export function Unmap(props: Props) {
  return (
    <Confirm opened action="Take it away" color="red" {...props}>
      <Stack gap="xs">
        <Text>
          Usage is not posted any more: what was posted is billed for the open period, and the lines end with
          it. Incidents wait until there is a mapping again.
        </Text>
        <Text>To choose another end for the lines, switch Sync off first.</Text>
      </Stack>
    </Confirm>
  );
}
