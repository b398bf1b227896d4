import { Title } from "@mantine/core";
import { useState } from "react";
import { Navigate, useNavigate, useParams } from "react-router";
import { to } from "../app/paths";
import { MemberNotice } from "../auth/MemberNotice";
import { useMayChange } from "../auth/useMe";
import { type Known, useConnection } from "../integrations/useConnection";
import { Page, useFocusOn } from "../ui/Page";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading } from "../ui/states";
import { StepList } from "./StepList";
import { stepsFor, type Walk } from "./steps";

/** The wizard. Its state is the server's, so that it goes on in any browser. */
export function Setup() {
  const state = useConnection();
  const mayChange = useMayChange();
  const { step: wanted } = useParams();
  const back = { to: to.integrations, label: "Integrations" };
  if (!state.ready) {
    return (
      <Page title="Set up ConnectWise PSA" back={back}>
        {state.error ? <ProblemAlert error={state.error} retry={state.retry} /> : <Loading />}
      </Page>
    );
  }
  const walk = stepsFor(state.connection, wanted);
  const dashboard = { to: to.dashboard("configuration"), label: "ConnectWise PSA" };
  return (
    <Page
      title={walk.updating ? "Update configuration" : "Set up ConnectWise PSA"}
      back={walk.updating ? dashboard : back}
    >
      <MemberNotice />
      {mayChange && <Wizard known={state} walk={walk} wanted={wanted} />}
    </Page>
  );
}

interface WizardProps {
  known: Known;
  walk: Walk;
  wanted: string | undefined;
}

function Wizard({ known, walk: { all, at }, wanted }: WizardProps) {
  const navigate = useNavigate();
  const [picked, setPicked] = useState<string[] | null>(null);
  const heading = useFocusOn<HTMLHeadingElement>(at.key);
  if (at.key !== wanted) return <Navigate to={to.setup(at.key)} replace />;
  const stored = known.types.filter((type) => type.enabled).map((type) => type.type);
  const position = all.indexOf(at);
  const before = all[position - 1];
  const go = (key: string | undefined) => void navigate(key ? to.setup(key) : to.dashboard());
  return (
    <>
      <StepList steps={all} at={at} />
      <section className="card" aria-labelledby="step">
        <Title order={2} size="h3" mb="md" id="step" ref={heading} tabIndex={-1}>
          {at.label}
        </Title>
        <at.Content
          key={at.key}
          known={known}
          chosen={picked ?? stored}
          choose={setPicked}
          next={() => go(all[position + 1]?.key)}
          back={before ? () => go(before.key) : undefined}
        />
      </section>
    </>
  );
}
