import { Badge } from "@mantine/core";
import type { Run } from "../api/types";
import { usePaused } from "../integrations/usePause";
import { runWords } from "./words";

export function StateBadge({ run }: { run: Pick<Run, "state" | "proposal"> }) {
  const { label, color } = runWords(run, usePaused());
  return (
    <Badge color={color} variant="light" size="lg" tt="none">
      {label}
    </Badge>
  );
}
