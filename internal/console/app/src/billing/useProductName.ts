import { useQuery } from "@tanstack/react-query";
import { useServices } from "../api/context";
import { productsQuery } from "../mapping/queries";

/** What people call a SKU; its code until that is known, and for one that is no longer sold. */
export function useProductName(): (sku: string) => string {
  const { api } = useServices();
  const products = useQuery(productsQuery(api)).data?.data.items ?? [];
  return (code) => products.find(({ sku }) => sku === code)?.name ?? code;
}
