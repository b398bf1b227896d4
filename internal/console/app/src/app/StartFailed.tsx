import { Alert, Button, Stack, Text, Title } from "@mantine/core";
import { Icon } from "../ui/icons";

/** The page of somebody who could not be signed in. */
export function StartFailed({ error }: { error: unknown }) {
  const offline = error instanceof TypeError;
  return (
    <main className="main">
      <Stack maw="36rem" align="flex-start">
        <Title order={1} size="h2">
          You could not be signed in
        </Title>
        <Alert
          color="red"
          role="alert"
          icon={<Icon name="alert" />}
          title={error instanceof Error ? error.message : "Unknown error"}
        >
          <Text size="sm">
            {offline
              ? "The server or the sign-in service cannot be reached. Check your internet connection, then try again."
              : "Try again. If it happens again, contact your administrator with the words above."}
          </Text>
        </Alert>
        <Button component="a" href="/">
          Try again
        </Button>
      </Stack>
    </main>
  );
}
