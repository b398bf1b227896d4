import { Alert, Stack, Text, Title } from "@mantine/core";
import type { Check, DataType, Report } from "../api/types";
import { Icon, type IconName } from "../ui/icons";
import { checkLabel, summary, summaryColor } from "./checks";
import { PermissionMatrix } from "./PermissionMatrix";

const marks: Record<Check["status"], { icon: IconName; said: string }> = {
  pass: { icon: "check", said: "Passed" },
  fail: { icon: "cross", said: "Failed" },
  skipped: { icon: "dash", said: "Not checked" },
};

/** What a connection test found, with what to do about it. */
export function CheckList({ report, types, stale }: { report: Report; types: DataType[]; stale?: boolean }) {
  const color = summaryColor(report);
  const rights = report.rights.length > 0;
  return (
    <Stack gap="xs">
      <Alert
        role="status"
        color={color}
        icon={<Icon name={color === "teal" ? "check" : "alert"} />}
        title={summary(report)}
      >
        {stale && "You changed something since this test."}
      </Alert>
      <ul className="checks" aria-label="Checks of the connection">
        {report.checks.map((check) => (
          <Row
            key={check.name + (check.type ?? "")}
            // What a pass does not show is said of the permission itself.
            check={rights ? { ...check, unproven: undefined } : check}
            label={checkLabel(check, types)}
          />
        ))}
      </ul>
      {rights && (
        <>
          <Title order={3} size="h4" mt="md">
            Permissions
          </Title>
          <PermissionMatrix report={report} order={4} />
        </>
      )}
    </Stack>
  );
}

function Row({ check, label }: { check: Check; label: string }) {
  const { icon, said } = marks[check.status];
  return (
    <li>
      <span className={check.status}>
        <Icon name={icon} />
      </span>
      <div>
        <Text fw={600}>
          {label}
          <span className="visually-hidden">: {said}.</span>
        </Text>
        <Text size="sm">{check.detail}</Text>
        {check.remedy && (
          <Text size="sm">
            <b>What to do:</b> {check.remedy}
          </Text>
        )}
        {check.notices.map((note) => (
          <Text size="sm" key={note}>
            <b>Changed:</b> {note}
          </Text>
        ))}
        {check.unproven && (
          <Text size="sm" c="dimmed">
            {check.unproven}
          </Text>
        )}
      </div>
    </li>
  );
}
