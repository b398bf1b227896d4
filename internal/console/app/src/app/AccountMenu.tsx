import { ActionIcon, Menu, Text, useMantineColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useServices } from "../api/context";
import { meQuery } from "../api/queries";
import { Icon, type IconName } from "../ui/icons";

const schemes: { value: "light" | "dark" | "auto"; label: string; icon: IconName }[] = [
  { value: "light", label: "Light", icon: "sun" },
  { value: "dark", label: "Dark", icon: "moon" },
  { value: "auto", label: "As the system", icon: "screen" },
];

/** Who is signed in, the colours, and the way out. */
export function AccountMenu() {
  const { api, session } = useServices();
  const me = useQuery(meQuery(api));
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <ActionIcon variant="default" aria-label="Your account and appearance">
          <Icon name="user" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {me.data && (
          <Menu.Label>
            <Text size="sm" fw={600}>
              {me.data.name || me.data.account}
            </Text>
            <Text size="sm">
              {me.data.account}, {me.data.roles.includes("admin") ? "admin" : "member"}
            </Text>
          </Menu.Label>
        )}
        <Menu.Divider />
        <Menu.Label>Appearance</Menu.Label>
        {schemes.map(({ value, label, icon }) => (
          <Menu.Item
            key={value}
            role="menuitemradio"
            aria-checked={colorScheme === value}
            leftSection={<Icon name={icon} size={18} />}
            rightSection={colorScheme === value ? <Icon name="check" size={18} /> : null}
            onClick={() => setColorScheme(value)}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => void session.signOut()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
