import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useNavigate } from "react-router";
import { to } from "../app/paths";
import { Icon } from "../ui/icons";
import { ProblemAlert } from "../ui/ProblemAlert";
import { CheckList } from "./CheckList";
import type { Values } from "./connectionValues";
import { StepActions } from "./StepActions";
import type { StepProps } from "./steps";
import { useConnectionForm } from "./useConnectionForm";

/** Address, company and keys, tested before anything is kept. */
export function ConnectionStep({ known, chosen, next, back }: StepProps) {
  const form = useConnectionForm(known, chosen);
  const navigate = useNavigate();
  const busy = form.test.isPending || form.save.isPending;
  const field = (name: keyof Values) => ({
    name,
    value: form.values[name],
    onChange: (event: React.ChangeEvent<HTMLInputElement>) => form.set(name, event.currentTarget.value),
    error: form.errors[name],
    withAsterisk: !(form.stored && name.endsWith("Key")),
    autoComplete: "off",
    spellCheck: false,
    disabled: busy,
  });
  const save = () =>
    form.save.mutate(undefined, {
      onSuccess: ({ rotated }) => {
        if (!rotated) return next();
        notifications.show({
          color: "teal",
          message: "The connection was tested and saved. The new settings are in use.",
        });
        void navigate(to.dashboard("configuration"));
      },
    });
  const keep = form.stored ? "Leave empty to keep the stored key" : undefined;
  return (
    <Stack gap="lg">
      {known.connection.enabled && (
        <Alert icon={<Icon name="info" />} title="New keys, or another ConnectWise">
          New keys for the same ConnectWise company take the place of the old ones at once. Another server or
          company begins afresh: nothing that is synced now is carried over.
        </Alert>
      )}
      <form
        className="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          form.ifComplete(() => form.test.mutate());
        }}
      >
        <TextInput
          {...field("serverUrl")}
          label="Server URL"
          description="The address at which you open ConnectWise. Any form will do; it is cleaned."
          placeholder="https://na.myconnectwise.net"
          inputMode="url"
        />
        <TextInput
          {...field("companyId")}
          label="Company ID"
          description="What you type at the ConnectWise login."
        />
        <TextInput {...field("publicKey")} label="Public key" description={keep} />
        <PasswordInput
          {...field("privateKey")}
          autoComplete="new-password"
          label="Private key"
          description={keep ?? "Goes into the secret store and is never shown again."}
        />
        <div>
          <Button
            type="submit"
            variant="default"
            loading={form.test.isPending}
            disabled={form.save.isPending}
          >
            Test connection
          </Button>
        </div>
      </form>
      {form.error && <ProblemAlert error={form.error} />}
      {form.report && <CheckList report={form.report} types={known.types} stale={form.stale} />}
      <StepActions back={back}>
        <Button
          loading={form.save.isPending}
          disabled={form.test.isPending}
          onClick={() => form.ifComplete(save)}
        >
          {known.connection.enabled ? "Test and save" : "Next"}
        </Button>
      </StepActions>
    </Stack>
  );
}
