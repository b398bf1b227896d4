import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { type Api, take, takeTagged } from "../api/client";
import type { CatalogItem, MappingChange, MappingRow, Ref } from "../api/types";

export const keys = {
  mappings: ["mappings"],
  changes: ["mapping-changes"],
  products: ["products"],
} as const;

/** How many tenants stand on a page. */
export const pageSize = 25;
/** The most rows that the API reads at once. */
const mostRows = 200;
/** How many search results are offered. */
const offered = 20;
/** What ConnectWise said serves for a while: agreements and items change rarely. */
const fresh = 60_000;
/** How often a change set is asked about, in milliseconds. */
const interval = 700;

/** Which tenants are wanted. */
export interface Choice {
  tab: "all" | "unmapped";
  q: string;
}

const readRows = (api: Api, { tab, q }: Choice, offset: number, limit: number) =>
  take(api.GET("/v1/mappings", { params: { query: { tab, q: q || undefined, offset, limit } } }));

/** A page of the tenants. */
export const mappingsQuery = (api: Api, choice: Choice, page: number) =>
  queryOptions({
    queryKey: [...keys.mappings, choice, page],
    queryFn: () => readRows(api, choice, page * pageSize, pageSize),
    placeholderData: keepPreviousData,
  });

/** All tenants that are wanted, at most so many. */
export async function allRows(api: Api, choice: Choice, most: number): Promise<MappingRow[]> {
  const rows: MappingRow[] = [];
  for (let more = true; more && rows.length < most; ) {
    const page = await readRows(api, choice, rows.length, Math.min(mostRows, most - rows.length));
    rows.push(...page.items);
    more = page.more && page.items.length > 0;
  }
  return rows;
}

/** Whether a change set goes on by itself. */
export const isWorking = ({ state }: MappingChange): boolean =>
  state === "matching" || state === "applying" || state === "undoing";

/** A change set, looked at again while it is worked. */
export const changeQuery = (api: Api, id: string) =>
  queryOptions({
    queryKey: [...keys.changes, id],
    queryFn: () => take(api.GET("/v1/mapping-changes/{id}", { params: { path: { id } } })),
    refetchInterval: (query) => (query.state.data && isWorking(query.state.data) ? interval : false),
  });

/** What is sold, and the catalog item of each. */
export const productsQuery = (api: Api) =>
  queryOptions({ queryKey: keys.products, queryFn: () => takeTagged(api.GET("/v1/products")) });

export const agreementsQuery = (api: Api, company: number) =>
  queryOptions({
    queryKey: ["agreements", company],
    queryFn: async () =>
      (await take(api.GET("/v1/companies/{company}/agreements", { params: { path: { company } } }))).items,
    staleTime: fresh,
    enabled: company > 0,
  });

/** Something that was found, with what tells it from others of its name. */
export interface Found extends Ref {
  note?: string;
  /** Whether it cannot be chosen; the note says why. */
  blocked?: boolean;
}

/** Looks something up by a part of its name. */
export type Search = (text: string) => {
  queryKey: readonly unknown[];
  queryFn: () => Promise<Found[]>;
  staleTime: number;
};

export const companySearch =
  (api: Api): Search =>
  (q) => ({
    queryKey: ["company-search", q],
    queryFn: async () => {
      const { items } = await take(
        api.GET("/v1/companies/search", { params: { query: { q, limit: offered } } }),
      );
      return items.map((one) => (twice(items, one) ? { ...one, note: `ConnectWise id ${one.id}` } : one));
    },
    staleTime: fresh,
  });

/** Whether another one has the same name. */
const twice = (all: Ref[], one: Ref) => all.some(({ id, name }) => id !== one.id && name === one.name);

export const itemSearch =
  (api: Api): Search =>
  (q) => ({
    queryKey: ["item-search", q],
    queryFn: async () => {
      const { items } = await take(
        api.GET("/v1/catalog/search", { params: { query: { q, limit: offered } } }),
      );
      return items.map(foundItem);
    },
    staleTime: fresh,
  });

function foundItem({ id, name, description, usable, class: kind }: CatalogItem): Found {
  if (usable) return { id, name, note: description };
  const why = kind === "Bundle" ? "A bundle cannot be on an agreement" : "Not active in ConnectWise";
  return { id, name, note: [description, why].filter(Boolean).join(". "), blocked: true };
}
