import { Badge } from "@mantine/core";
import type { Run } from "../api/types";
import { usePaused } from "../integrations/usePause";
import { wordsOf } from "./words";

export function StateBadge({ state }: { state: Run["state"] }) {
  const { label, color } = wordsOf(state, usePaused());
  return (
    <Badge color={color} variant="light" size="lg" tt="none">
      {label}
    </Badge>
  );
}
