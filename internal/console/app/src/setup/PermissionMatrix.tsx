import { Alert, Stack, Text, Title } from "@mantine/core";
import type { Report, Right } from "../api/types";
import { formatCount, formatTime } from "../ui/format";
import { Icon } from "../ui/icons";
import { type Alike, groupsOf, lossesOf, type RightsGroup, rightName, rightsSummary } from "./rights";

interface Props {
  report: Report;
  /** The level of the groups' headings. */
  order: 3 | 4;
}

/** Every right that the chosen features need, and what is known of it. */
export function PermissionMatrix({ report, order }: Props) {
  const { says, color, icon } = rightsSummary(report.rights);
  return (
    <Stack gap="md">
      <Alert role="status" color={color} icon={<Icon name={icon} />} title={says} />
      {groupsOf(report.rights).map((group) => (
        <section key={group.state} aria-label={`Permissions: ${group.title.toLowerCase()}`}>
          <Title order={order} size="h5">
            {group.title} ({group.count})
          </Title>
          <Text size="sm" c="dimmed">
            {group.about}
          </Text>
          {group.alike.map((alike) => (
            <Rights
              key={[alike.detail, alike.unproven, alike.remedy].join()}
              group={group}
              alike={alike}
              report={report}
            />
          ))}
        </section>
      ))}
    </Stack>
  );
}

/** Rights of which the same is to be said; it is said once, below them. */
function Rights({ group, alike, report }: { group: RightsGroup; alike: Alike; report: Report }) {
  const own = group.state === "unproven" || group.state === "failed" ? alike.detail : undefined;
  const open = alike.unproven && `What this does not show: ${lowerFirst(alike.unproven)}`;
  const said = [own, alike.remedy, open].filter(Boolean).join(" ");
  return (
    <>
      <ul className="checks">
        {alike.rights.map((right) => (
          <Row key={rightName(right)} right={right} group={group} report={report} />
        ))}
      </ul>
      {said && (
        <Text size="sm" className="aside">
          {said}
        </Text>
      )}
    </>
  );
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

function Row({ right, group, report }: { right: Right; group: RightsGroup; report: Report }) {
  const required = right.state === "missing" && !right.optional;
  return (
    <li>
      <span className={required ? "fail" : group.look}>
        <Icon name={required ? "cross" : group.icon} />
      </span>
      <div>
        <Text fw={600}>
          {rightName(right)}
          {right.state === "missing" && right.optional && " (optional)"}
        </Text>
        {lossesOf(right, report).map(({ feature, label, says }) => (
          <Text size="sm" key={feature}>
            {label}: {says}
          </Text>
        ))}
        {right.state === "missing" && right.remedy && (
          <Text size="sm">
            <b>What to do:</b> {right.remedy}
          </Text>
        )}
        <Seen right={right} />
      </div>
    </li>
  );
}

/** When a right was seen to work, and how many records with it. */
function Seen({ right }: { right: Right }) {
  const said: string[] = [];
  if (right.visible !== undefined) said.push(`${formatCount(right.visible, "record")} visible`);
  if (right.state === "proven" && right.at) said.push(`proven ${formatTime(right.at)}`);
  if (said.length === 0) return null;
  return (
    <Text size="sm" c="dimmed">
      {said.join(", ")}
    </Text>
  );
}
