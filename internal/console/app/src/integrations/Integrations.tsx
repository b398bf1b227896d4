import { useServices } from "../api/context";
import { MemberNotice } from "../auth/MemberNotice";
import { Page } from "../ui/Page";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading } from "../ui/states";
import { ConnectWiseCard } from "./ConnectWiseCard";
import { useConnection } from "./useConnection";

/** What can be connected. */
export function Integrations() {
  const { config } = useServices();
  const state = useConnection();
  return (
    <Page title="Integrations" about={`Connect ${config.product} to the tools you work with.`}>
      <MemberNotice />
      {state.ready && (
        <div className="cards">
          <ConnectWiseCard known={state} />
        </div>
      )}
      {!state.ready &&
        (state.error ? <ProblemAlert error={state.error} retry={state.retry} /> : <Loading rows={2} />)}
    </Page>
  );
}
