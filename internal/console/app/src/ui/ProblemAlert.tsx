import { Alert, Button, Stack, Text } from "@mantine/core";
import { asProblem } from "../api/problem";
import { Icon } from "./icons";

interface Props {
  error: unknown;
  /** What to do about it from here, such as trying again. */
  retry?: () => void;
  retryLabel?: string;
}

/** What happened, what to do, and the id to name when asking for help. */
export function ProblemAlert({ error, retry, retryLabel = "Try again" }: Props) {
  const problem = asProblem(error);
  return (
    <Alert color="red" role="alert" icon={<Icon name="alert" />} title={problem.message}>
      <Stack gap="xs" align="flex-start">
        {problem.remedy && <Text size="sm">{problem.remedy}</Text>}
        {problem.fields.map((field) => (
          <Text size="sm" key={field.location + field.message}>
            {field.location}: {field.message}
          </Text>
        ))}
        {problem.requestId && (
          <Text size="xs" c="dimmed">
            Request id, for support: <code>{problem.requestId}</code>
          </Text>
        )}
        {retry && (
          <Button variant="default" onClick={retry}>
            {retryLabel}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
