import { Text } from "@mantine/core";
import { useServices } from "../api/context";
import type { Product, Ref } from "../api/types";
import { useMayChange } from "../auth/useMe";
import { itemSearch } from "./queries";
import { RefPicker } from "./RefPicker";

interface Props {
  products: Product[];
  items: Record<string, Ref>;
  choose: (sku: string, item: Ref | null) => void;
}

/** What is sold, each with a box for its catalog item. */
export function ProductTable({ products, items, choose }: Props) {
  const { api } = useServices();
  const mayChange = useMayChange();
  return (
    <table className="data products">
      <thead>
        <tr>
          <th scope="col">Product</th>
          <th scope="col">Counted</th>
          <th scope="col">ConnectWise catalog item</th>
        </tr>
      </thead>
      <tbody>
        {products.map(({ sku, name, meter }) => (
          <tr key={sku}>
            <th scope="row">{name}</th>
            <td data-label="Counted">{meter}</td>
            <td
              className={mayChange ? "block" : undefined}
              data-label={mayChange ? undefined : "Catalog item"}
            >
              {mayChange ? (
                <RefPicker
                  label={`Catalog item of ${name}`}
                  quiet
                  placeholder="Type a part of its name"
                  search={itemSearch(api)}
                  value={items[sku] ?? null}
                  onChange={(item) => choose(sku, item)}
                  clearable
                />
              ) : (
                (items[sku]?.name ?? <Text c="dimmed">None</Text>)
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
