import { Button, Stack, Text } from "@mantine/core";
import { Page } from "../ui/Page";

/** After signing out. The link loads anew, and so signs in. */
export function SignedOut() {
  return (
    <main className="main">
      <Page title="You are signed out">
        <Stack align="flex-start">
          <Text>You can close this window.</Text>
          <Button component="a" href="/">
            Sign in again
          </Button>
        </Stack>
      </Page>
    </main>
  );
}
