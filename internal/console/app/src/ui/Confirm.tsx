import { Button, Modal, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { ProblemAlert } from "./ProblemAlert";

interface Props {
  opened: boolean;
  title: string;
  /** What will happen. */
  children: ReactNode;
  action: string;
  color?: string;
  busy?: boolean;
  /** Whether it cannot be done, for a reason that stands in the content. */
  blocked?: boolean;
  error?: unknown;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something that cannot simply be undone. */
export function Confirm(props: Props) {
  const { opened, title, children, action, color, busy, blocked, error, onConfirm, onClose } = props;
  return (
    <Modal opened={opened} onClose={onClose} title={title}>
      <Stack>
        <div>{children}</div>
        {error ? <ProblemAlert error={error} /> : null}
        <div className="actions">
          <Button color={color} loading={busy} disabled={blocked} onClick={onConfirm}>
            {action}
          </Button>
          <Button variant="default" onClick={onClose}>
            Go back
          </Button>
        </div>
      </Stack>
    </Modal>
  );
}
