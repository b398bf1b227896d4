import { useQuery } from "@tanstack/react-query";
import { NavLink, Outlet } from "react-router";
import { useServices } from "../api/context";
import { to } from "../app/paths";
import { useKnown } from "../dashboard/Dashboard";
import { usePageTitle } from "../ui/Page";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading } from "../ui/states";
import { PausedPostings } from "./Pausing";
import { settingsQuery } from "./queries";
import { SetUp } from "./SetUp";
import "./billing.css";

const parts = [
  { path: "usage", label: "Post & preview" },
  { path: "usage/lines", label: "Lines" },
  { path: "usage/history", label: "History" },
  { path: "usage/month", label: "Month end" },
  { path: "usage/trends", label: "Trends" },
  { path: "usage/checks", label: "Checks" },
  { path: "usage/settings", label: "Settings" },
];

/** The dashboard's tab: what is posted to agreements, and what a person has to decide about it. */
export function Billing() {
  usePageTitle("Usage & billing");
  const { api } = useServices();
  const known = useKnown();
  const settings = useQuery(settingsQuery(api));
  if (settings.isPending) return <Loading />;
  if (settings.isError) {
    return <ProblemAlert error={settings.error} retry={() => void settings.refetch()} />;
  }
  if (!settings.data.data.setUp) return <SetUp stored={settings.data} />;
  return (
    <>
      <PausedPostings paused={settings.data.data.paused} />
      <nav aria-label="Usage & billing">
        <ul className="tabs sub">
          {parts.map(({ path, label }) => (
            <li key={path}>
              <NavLink to={to.dashboard(path)} end>
                {label}
              </NavLink>
            </li>
          ))}
        </ul>
      </nav>
      <Outlet context={known} />
    </>
  );
}
