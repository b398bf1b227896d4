/** A record's fields that hold something, as text. References show their name. */
export function shown(data: unknown): [name: string, value: string][] {
  if (!data || typeof data !== "object") return [];
  return Object.entries(data)
    .filter(([name]) => !name.startsWith("_"))
    .map(([name, value]): [string, string] => [name, text(value)])
    .filter(([, value]) => value !== "");
}

function text(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(text).filter(Boolean).join(", ");
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "object") {
    const { name, value: inner, identifier } = value as Record<string, unknown>;
    return text(name ?? inner ?? identifier ?? "") || JSON.stringify(value);
  }
  return String(value);
}
