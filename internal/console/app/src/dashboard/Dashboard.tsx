import { Badge } from "@mantine/core";
import { Navigate, NavLink, Outlet, useOutletContext } from "react-router";
import { to } from "../app/paths";
import { MemberNotice } from "../auth/MemberNotice";
import { healthWords } from "../integrations/health";
import { type Known, useConnection } from "../integrations/useConnection";
import { Page } from "../ui/Page";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading } from "../ui/states";
import { PausedBanner } from "./PausedBanner";

/** The tabs, in order. A new one is a row. */
const tabs = [
  { key: "overview", label: "Overview" },
  { key: "configuration", label: "Configuration" },
  { key: "data-sync", label: "Data sync" },
  { key: "filters", label: "Sync filters" },
  { key: "records", label: "Records" },
  { key: "mappings", label: "Mappings" },
  { key: "usage", label: "Usage & billing" },
  { key: "logs", label: "Sync logs" },
];

const back = { to: to.integrations, label: "Integrations" };

/** The dashboard of a connection that is enabled. */
export function Dashboard() {
  const state = useConnection();
  if (!state.ready) {
    return (
      <Page title="ConnectWise PSA" back={back}>
        {state.error ? <ProblemAlert error={state.error} retry={state.retry} /> : <Loading />}
      </Page>
    );
  }
  if (!state.connection.enabled) return <Navigate to={to.integrations} replace />;
  const health = healthWords[state.health];
  return (
    <Page
      title="ConnectWise PSA"
      back={back}
      about={`${state.connection.enabled.site}, company ${state.connection.enabled.companyId}`}
      actions={
        <Badge color={health.color} variant="light" size="lg" tt="none">
          {health.label}
        </Badge>
      }
    >
      <MemberNotice />
      <PausedBanner connection={state.connection} />
      <nav aria-label="ConnectWise PSA">
        <ul className="tabs">
          {tabs.map(({ key, label }) => (
            <li key={key}>
              <NavLink to={to.dashboard(key)}>{label}</NavLink>
            </li>
          ))}
        </ul>
      </nav>
      <Outlet context={state satisfies Known} />
    </Page>
  );
}

/** What the dashboard knows, for its tabs. */
export const useKnown = () => useOutletContext<Known>();
