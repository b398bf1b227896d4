import {
  ActionIcon,
  Button,
  Popover,
  SegmentedControl,
  Stack,
  Text,
  useMantineColorScheme,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useServices } from "../api/context";
import { meQuery } from "../api/queries";
import { Icon } from "../ui/icons";

type Scheme = "light" | "dark" | "auto";

const schemes: { value: Scheme; label: string }[] = [
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
  { value: "auto", label: "System" },
];

/** Who is signed in, the colours, and the way out. */
export function AccountMenu() {
  const { api, session } = useServices();
  const me = useQuery(meQuery(api));
  // Without this Mantine would switch transitions off by a style element, which the policy forbids.
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  return (
    <Popover position="bottom-end" withinPortal={false} trapFocus returnFocus>
      <Popover.Target>
        <ActionIcon variant="default" aria-label="Your account and appearance">
          <Icon name="user" />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label="Your account and appearance">
        <Stack gap="md" miw={240}>
          {me.data && (
            <div>
              <Text fw={600}>{me.data.name || me.data.account}</Text>
              <Text size="sm" c="dimmed">
                {me.data.account}, {me.data.roles.includes("admin") ? "admin" : "member"}
              </Text>
            </div>
          )}
          <SegmentedControl
            aria-label="Appearance"
            data={schemes}
            value={colorScheme}
            onChange={(value) => setColorScheme(value as Scheme)}
            fullWidth
          />
          <Button variant="default" onClick={() => void session.signOut()}>
            Sign out
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
