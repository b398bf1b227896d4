import { Text } from "@mantine/core";
import type { BilledLine } from "../api/types";

type Named = Pick<BilledLine, "agreement" | "product" | "company">;

/** What a line is called: its product first, then whose agreement it is on. */
export function lineName({ agreement, product, company }: Named): string {
  return `${product.name || `Catalog item ${product.id}`}, ${agreementName({ agreement, company })}`;
}

export function agreementName({ agreement, company }: Omit<Named, "product">): string {
  const name = agreement.name || `Agreement ${agreement.id}`;
  return company ? `${company}: ${name}` : name;
}

/** The company of a line, and below it the agreement. */
export function Whose({ agreement, company }: Omit<Named, "product">) {
  const name = agreement.name || `Agreement ${agreement.id}`;
  if (!company) return name;
  return (
    <span>
      {company}
      <Text size="sm" c="dimmed">
        {name}
      </Text>
    </span>
  );
}
