import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useServices } from "../api/context";
import type { Product, Ref } from "../api/types";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading } from "../ui/states";
import { itemSearch, productsQuery } from "./queries";
import { RefPicker } from "./RefPicker";

interface Props {
  chosen: Record<string, Ref>;
  onChange: (chosen: Record<string, Ref>) => void;
}

/** Catalog items of one tenant's own, in place of the account's. */
export function Overrides({ chosen, onChange }: Props) {
  const { api } = useServices();
  const products = useQuery(productsQuery(api));
  const count = Object.keys(chosen).length;
  return (
    <details className="more">
      <summary>Other products for this tenant only{count > 0 && ` (${count})`}</summary>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          A box left empty means the catalog item that was chosen for all tenants.
        </Text>
        {products.isPending && <Loading rows={2} />}
        {products.isError && <ProblemAlert error={products.error} retry={() => void products.refetch()} />}
        <div className="pickers">
          {products.data?.data.items.map((product) => (
            <RefPicker
              key={product.sku}
              label={product.name}
              placeholder={usual(product)}
              search={itemSearch(api)}
              value={chosen[product.sku] ?? null}
              onChange={(item) => onChange(withItem(chosen, product.sku, item))}
              clearable
            />
          ))}
        </div>
      </Stack>
    </details>
  );
}

const usual = ({ item }: Product): string => (item ? `As for all: ${item.name ?? item.id}` : "None");

/** The choice with another item for a SKU, or none. */
export function withItem(chosen: Record<string, Ref>, sku: string, item: Ref | null): Record<string, Ref> {
  const { [sku]: _, ...others } = chosen;
  return item ? { ...others, [sku]: item } : others;
}
