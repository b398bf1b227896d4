import { Button, Text } from "@mantine/core";
import { useState } from "react";
import type { BilledLine } from "../api/types";
import { useMayChange } from "../auth/useMe";
import { Confirm } from "../ui/Confirm";
import { lineName } from "./LineName";
import { useDecide } from "./usePostings";
import { type Decision, decisionsOf, decisionWords } from "./words";

/** What a person can decide about a line; each asks first. */
export function Decide({ line }: { line: BilledLine }) {
  const mayChange = useMayChange();
  const [asked, setAsked] = useState<Decision | null>(null);
  const decide = useDecide(line);
  const close = () => {
    setAsked(null);
    decide.reset();
  };
  if (!mayChange) return null;
  const words = asked && decisionWords[asked];
  return (
    <div className="actions tight">
      {decisionsOf(line).map((decision) => (
        <Button key={decision} variant="default" onClick={() => setAsked(decision)}>
          {decisionWords[decision].button}
          <span className="visually-hidden"> {lineName(line)}</span>
        </Button>
      ))}
      <Confirm
        opened={asked !== null}
        title={words?.title ?? ""}
        action={words?.button ?? ""}
        busy={decide.isPending}
        error={decide.error}
        onConfirm={() => asked && decide.mutate(asked, { onSuccess: close })}
        onClose={close}
      >
        <Text fw={600}>{lineName(line)}</Text>
        <Text>{words?.says}</Text>
      </Confirm>
    </div>
  );
}
