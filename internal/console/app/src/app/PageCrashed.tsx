import { Button, Stack, Text } from "@mantine/core";
import { Page } from "../ui/Page";

/** Stands for a page that broke. What was stored is not touched by that. */
export function PageCrashed() {
  return (
    <Page title="This page broke">
      <Stack align="flex-start">
        <Text role="alert">
          Something went wrong in this page. Nothing that was saved is lost. Reload the page; if it happens
          again, contact support and say what you did just before.
        </Text>
        <Button onClick={() => window.location.reload()}>Reload the page</Button>
      </Stack>
    </Page>
  );
}
