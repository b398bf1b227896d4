import { Button, Stack, Text } from "@mantine/core";
import { Link } from "react-router";
import { Page } from "../ui/Page";

/** There is nothing here: a wrong address, or an account that does not see the integration. */
export function NotFound({ home = true }: { home?: boolean }) {
  return (
    <Page title="Page not found">
      <Stack align="flex-start">
        <Text>There is nothing at this address. It may have been moved, or it is not for your account.</Text>
        {home && (
          <Button component={Link} to="/integrations">
            Go to Integrations
          </Button>
        )}
      </Stack>
    </Page>
  );
}
