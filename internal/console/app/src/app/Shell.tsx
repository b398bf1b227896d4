import { useQuery } from "@tanstack/react-query";
import { Link, Outlet } from "react-router";
import { useServices } from "../api/context";
import { asProblem } from "../api/problem";
import { meQuery } from "../api/queries";
import { SessionEnded } from "../auth/SessionEnded";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading } from "../ui/states";
import { AccountMenu } from "./AccountMenu";
import { NotFound } from "./NotFound";

/** What is around every page, once it is known who is looking. */
export function Shell() {
  const { config } = useServices();
  return (
    <>
      <a href="#main" className="skip-link">
        Skip to the content
      </a>
      <header className="header">
        <Link to="/integrations" className="brand">
          <img src="/icon.svg" alt="" width={28} height={28} />
          {config.product}
        </Link>
        <AccountMenu />
      </header>
      <main className="main" id="main" tabIndex={-1}>
        <KnownPerson />
      </main>
      <SessionEnded />
    </>
  );
}

/** An end customer is told that there is nothing here. */
function KnownPerson() {
  const { api } = useServices();
  const me = useQuery(meQuery(api));
  if (me.isPending) return <Loading />;
  if (me.isError) {
    if (asProblem(me.error).status === 404) return <NotFound home={false} />;
    return <ProblemAlert error={me.error} retry={() => void me.refetch()} />;
  }
  return <Outlet />;
}
