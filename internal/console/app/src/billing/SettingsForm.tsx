import { Button, Radio, Select, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import { isStale } from "../api/problem";
import type { PostingSettings } from "../api/types";
import { ProblemAlert } from "../ui/ProblemAlert";
import { useSaveSettings } from "./usePostings";
import { allZones, proposeZone } from "./zones";

interface Props {
  stored: { data: PostingSettings; etag: string };
  action: string;
  /** Reads what is stored now, after somebody else was faster. */
  onReload: () => void;
}

/** When and how usage is posted. */
export function SettingsForm({ stored, action, onReload }: Props) {
  const zones = useMemo(allZones, []);
  const proposal = proposeZone(stored.data.suggested, zones);
  const [draft, setDraft] = useState({ ...stored.data, zone: stored.data.zone || proposal.zone });
  const save = useSaveSettings();
  const change = (part: Partial<PostingSettings>) => setDraft({ ...draft, ...part });
  return (
    <form
      className="form"
      aria-label="Settings of postings"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ settings: draft, etag: stored.etag });
      }}
    >
      <Select
        label="Time zone"
        description={`Your days begin in it. ${stored.data.setUp ? "" : proposal.says}`}
        data={zones.includes(draft.zone) ? zones : [draft.zone, ...zones]}
        value={draft.zone}
        onChange={(zone) => zone && change({ zone })}
        searchable
        limit={60}
        allowDeselect={false}
        nothingFoundMessage="No time zone is called so; try a city."
        required
      />
      <TextInput
        type="time"
        label="Time of day"
        description="Each day is posted after this time, spread over some minutes."
        value={draft.at}
        onChange={(event) => change({ at: event.currentTarget.value })}
        required
      />
      <LinePolicy value={draft.policy} onChange={(policy) => change({ policy })} />
      <Switch
        label="Mark our lines in ConnectWise"
        description="A short mark in a line's serial number. It only serves to find a line again after ConnectWise did not answer."
        checked={draft.markers}
        onChange={(event) => change({ markers: event.currentTarget.checked })}
      />
      <Switch
        label="ConnectWise does not bill the day of a line's cancelled date"
        description="Look at an invoice of a line that ended. If in doubt, leave this off: then no day is billed twice."
        checked={draft.exclusiveEnds ?? false}
        onChange={(event) => change({ exclusiveEnds: event.currentTarget.checked })}
      />
      <Arrears ids={draft.arrears} onChange={(arrears) => change({ arrears })} />
      {save.isError && (
        <ProblemAlert
          error={save.error}
          retry={isStale(save.error) ? onReload : undefined}
          retryLabel="Show the present settings"
        />
      )}
      <div className="actions">
        <Button type="submit" loading={save.isPending} disabled={isStale(save.error)}>
          {action}
        </Button>
      </div>
    </form>
  );
}

interface PolicyProps {
  value: PostingSettings["policy"];
  onChange: (policy: PostingSettings["policy"]) => void;
}

function LinePolicy({ value, onChange }: PolicyProps) {
  return (
    <Radio.Group
      label="Lines on agreements"
      value={value}
      onChange={(policy) => onChange(policy as PostingSettings["policy"])}
    >
      <Stack gap="xs" mt="xs">
        <Radio
          value="each_period"
          label="A line for each period"
          description="Each month, or whatever the agreement's period is, gets a line of its own; the one before ends."
        />
        <Radio
          value="on_change"
          label="A new line only when the quantity changes"
          description="A line goes on over periods as long as its quantity stays."
        />
      </Stack>
    </Radio.Group>
  );
}

function Arrears({ ids, onChange }: { ids: number[]; onChange: (ids: number[]) => void }) {
  if (ids.length === 0) return null;
  return (
    <div>
      <Text fw={500} size="sm">
        Agreements billed in arrears
      </Text>
      <ul className="plain">
        {ids.map((id) => (
          <li key={id}>
            <span>Agreement {id}</span>
            <Button variant="default" onClick={() => onChange(ids.filter((other) => other !== id))}>
              Bill in advance<span className="visually-hidden"> agreement {id}</span>
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}
