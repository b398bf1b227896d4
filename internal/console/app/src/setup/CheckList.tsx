import { Alert, Stack, Text } from "@mantine/core";
import type { Check, DataType, Report } from "../api/types";
import { Icon, type IconName } from "../ui/icons";
import { checkLabel, summary } from "./checks";

const marks: Record<Check["status"], { icon: IconName; said: string }> = {
  pass: { icon: "check", said: "Passed" },
  fail: { icon: "cross", said: "Failed" },
  skipped: { icon: "dash", said: "Not checked" },
};

/** What a connection test found, with what to do about it. */
export function CheckList({ report, types, stale }: { report: Report; types: DataType[]; stale?: boolean }) {
  return (
    <Stack gap="xs">
      <Alert
        role="status"
        color={report.ok ? "teal" : "red"}
        icon={<Icon name={report.ok ? "check" : "alert"} />}
        title={summary(report)}
      >
        {stale && "You changed something since this test."}
      </Alert>
      <ul className="checks" aria-label="Checks of the connection">
        {report.checks.map((check) => (
          <Row key={check.name + (check.type ?? "")} check={check} label={checkLabel(check, types)} />
        ))}
      </ul>
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
