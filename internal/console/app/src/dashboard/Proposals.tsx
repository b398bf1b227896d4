import { useQuery } from "@tanstack/react-query";
import { useServices } from "../api/context";
import { runQuery } from "../api/queries";
import type { DataType } from "../api/types";
import { RemovalProposal } from "../runs/RemovalProposal";
import { ProblemAlert } from "../ui/ProblemAlert";
import { useKnown } from "./Dashboard";

/** Removals that wait for a person, of any data type. */
export function Proposals() {
  const { types } = useKnown();
  return types.map((type) => type.proposal && <Waiting key={type.type} type={type} runId={type.proposal} />);
}

function Waiting({ type, runId }: { type: DataType; runId: string }) {
  const { api } = useServices();
  const run = useQuery(runQuery(api, runId));
  if (run.isError) return <ProblemAlert error={run.error} retry={() => void run.refetch()} />;
  return run.data ? <RemovalProposal run={run.data} label={type.label.toLowerCase()} /> : null;
}
