import { Button } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { Icon } from "./icons";

/** Copies text, and says that it did. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const clipboard = useClipboard({ timeout: 2500 });
  return (
    <>
      <Button
        variant="default"
        leftSection={<Icon name={clipboard.copied ? "check" : "copy"} size={18} />}
        onClick={() => clipboard.copy(text)}
      >
        {clipboard.copied ? "Copied" : label}
      </Button>
      <span role="status" className="visually-hidden">
        {clipboard.copied ? "Copied to the clipboard" : ""}
        {clipboard.error ? "The browser did not allow copying; select the table instead" : ""}
      </span>
    </>
  );
}
