import { Alert } from "@mantine/core";
import { Icon } from "../ui/icons";
import { useMayChange } from "./useMe";

/** Explains why the buttons of a page are off. */
export function MemberNotice() {
  if (useMayChange()) return null;
  return (
    <Alert mb="md" icon={<Icon name="info" />} title="You can look, but not change">
      Only admins of your account can change the integration or start a sync. Ask one of them, or ask for the
      admin role.
    </Alert>
  );
}
