import { ActionIcon, Popover, Stack } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { Icon } from "./icons";

interface Props {
  label: string;
  disabled?: boolean;
  /** The buttons; each closes the menu before it does its work. */
  children: (close: () => void) => ReactNode;
}

/** Buttons that are rarely needed, behind three dots. */
export function MoreMenu({ label, disabled, children }: Props) {
  const [opened, setOpened] = useState(false);
  return (
    <Popover
      position="bottom-end"
      withinPortal={false}
      opened={opened}
      onChange={setOpened}
      trapFocus
      returnFocus
    >
      <Popover.Target>
        <ActionIcon
          variant="default"
          aria-label={label}
          disabled={disabled}
          onClick={() => setOpened(!opened)}
        >
          <Icon name="dots" />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={label}>
        <Stack gap="xs">{children(() => setOpened(false))}</Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
