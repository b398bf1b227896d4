import { Button, Stack, Text } from "@mantine/core";
import { StepActions } from "../setup/StepActions";
import type { StepProps } from "../setup/steps";
import { Products } from "./Products";
import { Tenants } from "./Tenants";

/** The wizard's step for tenants; it can be done later on the dashboard. */
export function TenantsStep({ known, next, back }: StepProps) {
  return (
    <Stack gap="lg">
      <Tenants known={known} />
      <Later />
      <StepActions back={back}>
        <Button onClick={next}>Next</Button>
      </StepActions>
    </Stack>
  );
}

/** The wizard's step for products; it can be done later on the dashboard. */
export function ProductsStep({ next, back }: StepProps) {
  return (
    <Stack gap="lg">
      <Products />
      <Later />
      <StepActions back={back}>
        <Button onClick={next}>Open the dashboard</Button>
      </StepActions>
    </Stack>
  );
}

function Later() {
  return (
    <Text size="sm" c="dimmed">
      You can go on without this, and do or change it later on the dashboard under Mappings. Nothing is posted
      before you approved a preview of it.
    </Text>
  );
}
