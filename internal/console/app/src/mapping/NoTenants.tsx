import { Text, Title } from "@mantine/core";
import { useServices } from "../api/context";

/** Says where tenants come from. */
export function NoTenants() {
  const { config } = useServices();
  return (
    <div className="preview">
      <Title order={3} size="h5">
        No tenants yet
      </Title>
      <Text>
        {config.product} tells of each of your customers by itself, when it is created, renamed, suspended or
        removed. You need not enter any here: they appear as soon as it has.
      </Text>
      <Text size="sm" c="dimmed">
        If none appear, ask the support of {config.product} whether it sends tenants for your account (product
        API, POST /v1/tenants, with a machine token that has the scope tenants:write).
      </Text>
    </div>
  );
}
