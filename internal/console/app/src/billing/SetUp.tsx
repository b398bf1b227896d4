import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useServices } from "../api/context";
import type { PostingSettings } from "../api/types";
import { useMayChange } from "../auth/useMe";
import { Section } from "../dashboard/Section";
import { Empty } from "../ui/states";
import { PausePostings } from "./Pausing";
import { settingsQuery } from "./queries";
import { SettingsForm } from "./SettingsForm";

/** What comes before the first posting. */
export function SetUp({ stored }: { stored: { data: PostingSettings; etag: string } }) {
  const { api, config } = useServices();
  const { refetch } = useQuery(settingsQuery(api));
  const mayChange = useMayChange();
  if (!mayChange) {
    return (
      <Empty title="Postings are not set up yet">An admin of your account chooses the time zone first.</Empty>
    );
  }
  return (
    <Section title="Set up postings">
      <Text mb="md" maw="42rem">
        Once a day, what your customers use in {config.product} is written to their agreements. Nothing is
        written before you have seen a preview and approved it.
      </Text>
      <SettingsForm key={stored.etag} stored={stored} action="Save & go on" onReload={() => void refetch()} />
    </Section>
  );
}

/** The settings of an account whose postings are set up. */
export function SettingsTab() {
  const { api } = useServices();
  const { data: stored, refetch } = useQuery(settingsQuery(api));
  const mayChange = useMayChange();
  if (!stored) return null;
  return (
    <Section title="Settings" actions={mayChange && !stored.data.paused && <PausePostings />}>
      {mayChange ? (
        <SettingsForm key={stored.etag} stored={stored} action="Save" onReload={() => void refetch()} />
      ) : (
        <Settings settings={stored.data} />
      )}
    </Section>
  );
}

function Settings({ settings }: { settings: PostingSettings }) {
  const { zone, at, policy, markers, arrears } = settings;
  return (
    <dl className="facts">
      <dt>Time zone</dt>
      <dd>{zone}</dd>
      <dt>Time of day</dt>
      <dd>After {at}</dd>
      <dt>Lines on agreements</dt>
      <dd>
        {policy === "on_change" ? "A new line only when the quantity changes" : "A line for each period"}
      </dd>
      <dt>Our lines in ConnectWise</dt>
      <dd>{markers ? "Marked in their serial number" : "Not marked"}</dd>
      {arrears.length > 0 && (
        <>
          <dt>Billed in arrears</dt>
          <dd>{arrears.map((id) => `Agreement ${id}`).join(", ")}</dd>
        </>
      )}
    </dl>
  );
}
