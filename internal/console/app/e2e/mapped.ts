import type { Simulator } from "./simulator";
import type { Call } from "./test";

interface Row {
  tenant: string;
  name: string;
  etag: string;
  mapped: boolean;
}

/** What the demo ConnectWise keeps, as far as it is looked at here. */
export interface Kept {
  id: number;
  name: string;
  identifier?: string;
  status?: { id: number };
  deletedFlag?: boolean;
  company?: { id: number };
  agreementId?: number;
  product?: { id: number };
  parentAgreement?: object | null;
  billingCycle?: object | null;
  nextInvoiceDate?: string | null;
  noEndingDateFlag?: boolean;
  cancelledFlag?: boolean;
}

const nothing = { company: { id: 0 }, agreement: { id: 0 }, enabled: false };
/** Products of the vendor with a catalog item of the demo. */
export const products = [
  ["Core", "EMAIL-CORE"],
  ["DMARC", "DMARC"],
] as const;

async function rowOf(call: Call, name: string): Promise<Row> {
  const q = encodeURIComponent(name.slice(0, 8));
  const { items } = await call<{ items: Row[] }>("GET", `/v1/mappings?limit=200&q=${q}`);
  const row = items.find((one) => one.name === name);
  if (!row) throw new Error(`no tenant ${name}`);
  return row;
}

/** Takes every mapping away. */
export async function unmapAll(call: Call): Promise<void> {
  const { items } = await call<{ items: Row[] }>("GET", "/v1/mappings?limit=200");
  for (const { tenant, etag, mapped } of items) {
    if (mapped) await call("PUT", `/v1/mappings/${tenant}`, nothing, { "If-Match": etag });
  }
}

/** An agreement for each of so many tenants, of a company of its own: without anything odd, and without lines of our products. */
export async function targets(
  simulator: Simulator,
  many: number,
): Promise<{ company: object; agreement: Kept }[]> {
  const kept = (table: string) => simulator.list(table) as Promise<Kept[]>;
  const companies = new Map((await kept("companies")).map((one) => [one.id, one]));
  const ours = (await kept("catalog")).filter(({ identifier }) =>
    products.some(([, item]) => item === identifier),
  );
  const taken = (await kept("additions"))
    .filter(({ product }) => ours.some(({ id }) => id === product?.id))
    .map(({ agreementId }) => agreementId);
  const found = new Map<number, { company: object; agreement: Kept }>();
  for (const agreement of await kept("agreements")) {
    const company = companies.get(agreement.company?.id ?? 0);
    const { parentAgreement, billingCycle, nextInvoiceDate, noEndingDateFlag, cancelledFlag } = agreement;
    const plain = billingCycle && nextInvoiceDate && noEndingDateFlag && !cancelledFlag && !parentAgreement;
    if (!plain || !company || company.deletedFlag || company.status?.id !== 1) continue;
    if (taken.includes(agreement.id)) continue;
    found.set(company.id, { company: { id: company.id, name: company.name }, agreement });
  }
  return [...found.values()].slice(0, many);
}

/** Maps a tenant, and returns its id. */
export async function map(
  call: Call,
  name: string,
  { company, agreement }: { company: object; agreement: Kept },
) {
  const { tenant, etag } = await rowOf(call, name);
  const target = { company, agreement: { id: agreement.id, name: agreement.name }, enabled: true };
  await call("PUT", `/v1/mappings/${tenant}`, target, { "If-Match": etag });
  return tenant;
}
