import { Button, List, Stack, Text, Title } from "@mantine/core";
import { useServices } from "../api/context";
import { RoleTable } from "./RoleTable";
import { StepActions } from "./StepActions";
import type { StepProps } from "./steps";
import { TypesPicker } from "./TypesPicker";

/** What to do in ConnectWise first. */
export function PrepareStep({ known, chosen, choose, next }: StepProps) {
  const { config } = useServices();
  return (
    <Stack gap="xl">
      <Text>
        Do this in ConnectWise first, as one of its administrators. It takes about ten minutes. You can leave
        this page and come back.
      </Text>
      <TypesPicker label="What do you want to sync?" types={known.types} chosen={chosen} onChange={choose} />
      <Part title="1. Create a security role">
        <Text>
          Go to <b>System &gt; Security Roles</b>, add a role (for example “{config.product} API”) and set
          these permissions. Everything that is not listed can stay at None.
        </Text>
        <RoleTable chosen={chosen} />
        <Text size="sm" c="dimmed">
          All means all records. With a lower level, records that the role does not see are missing here
          without an error.
        </Text>
      </Part>
      <Part title="2. Create an API member">
        <Text>
          Go to <b>System &gt; Members &gt; API Members</b>, add a member (for example “{config.product}”) and
          give it the role from step 1, with role level All.
        </Text>
      </Part>
      <Part title="3. Create its keys">
        <Text>
          Open the API member, choose the <b>API Keys</b> tab, add a key and save. Copy the public and the
          private key at once: ConnectWise never shows the private key again.
        </Text>
      </Part>
      <Part title="4. Have these at hand">
        <List>
          <List.Item>
            The address at which you open ConnectWise, such as https://na.myconnectwise.net
          </List.Item>
          <List.Item>Your company ID: what you type at the ConnectWise login</List.Item>
          <List.Item>The public key and the private key</List.Item>
        </List>
      </Part>
      <StepActions>
        <Button onClick={next} disabled={chosen.length === 0}>
          Next
        </Button>
      </StepActions>
    </Stack>
  );
}

function Part({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <Stack gap="sm">
      <Title order={3} size="h4">
        {title}
      </Title>
      {children}
    </Stack>
  );
}
