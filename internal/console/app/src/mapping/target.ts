import type { Agreement, MappingEdit, MappingRow, Ref, Target } from "../api/types";
import { formatNumber } from "../ui/format";

/** What becomes of the lines when posting is switched off. */
export type Off = NonNullable<Target["off"]>;

export const offWords: Record<Off, { label: string; says: string }> = {
  end: { label: "End the line", says: "The open period is billed, and the line ends with it." },
  zero: { label: "Set it to zero", says: "Nothing is billed any more, the open period included." },
  leave: {
    label: "Leave it as it stands",
    says: "The line goes on with its last quantity until somebody changes it in ConnectWise.",
  },
};

const nothing: Ref = { id: 0 };

/** What is sent of something that was found: the API takes no more. */
export const refOf = ({ id, name }: Ref): Ref => ({ id, name });

/** Takes a mapping away. */
export const noTarget: Target = { company: nothing, agreement: nothing, enabled: false };

/** Whether usage can be posted by a mapping. */
export const postsTo = (target: Target): boolean => target.agreement.id !== 0;

/** What a person chose for a tenant so far. An agreement is null where none is wanted, undefined where none was chosen yet. */
export interface Wish {
  company: Ref | null;
  agreement: Ref | null | undefined;
  enabled: boolean;
  products: Record<string, Ref>;
}

/** The wish that leaves a row as it is. A mapping that is new posts as soon as its first posting is approved. */
export function wishOf({ mapped, target }: MappingRow): Wish {
  if (!mapped) return { company: null, agreement: undefined, enabled: true, products: {} };
  return {
    company: target.company,
    agreement: postsTo(target) ? target.agreement : null,
    enabled: postsTo(target) ? target.enabled : true,
    products: target.products ?? {},
  };
}

/** The agreement to propose for a company: its only usable one. */
export function proposed(agreements: Agreement[], company: number): Ref | undefined {
  const own = agreements.filter((agreement) => agreement.company === company && agreement.usable);
  return own.length === 1 && own[0] ? refOf(own[0]) : undefined;
}

/** The target that a wish asks for; undefined while something is to be chosen. */
export function targetOf({ company, agreement, enabled, products }: Wish, off?: Off): Target | undefined {
  if (!company || agreement === undefined) return undefined;
  const on = agreement !== null && enabled;
  return {
    company,
    agreement: agreement ?? nothing,
    enabled: on,
    ...(!on && off ? { off } : {}),
    ...(Object.keys(products).length > 0 ? { products } : {}),
  };
}

/** Why an agreement cannot be chosen; undefined if it can. */
export function unusable({ usable, status }: Agreement): string | undefined {
  if (usable) return undefined;
  return `It is ${(status || "not active").toLowerCase()} in ConnectWise`;
}

/** Something to do to many tenants. */
export type Bulk =
  | { kind: "map"; wish: Wish }
  | { kind: "on" }
  | { kind: "off"; off: Off }
  | { kind: "unmap" };

/** What a bulk edit makes of a row; undefined if it leaves it alone. */
export function bulkTarget({ mapped, target }: MappingRow, bulk: Bulk): Target | undefined {
  const posts = mapped && postsTo(target);
  switch (bulk.kind) {
    case "map": {
      const wish = { ...bulk.wish, enabled: posts ? target.enabled : true, products: target.products ?? {} };
      return targetOf(wish, target.off);
    }
    case "on":
      return posts && !target.enabled ? { ...target, enabled: true, off: undefined } : undefined;
    case "off":
      return posts && target.enabled ? { ...target, enabled: false, off: bulk.off } : undefined;
    case "unmap":
      return mapped ? noTarget : undefined;
  }
}

/** The edits of a bulk edit, without the rows that it leaves alone. */
export function bulkEdits(rows: MappingRow[], bulk: Bulk): MappingEdit[] {
  return rows.flatMap((row) => {
    const target = bulkTarget(row, bulk);
    return target ? [{ tenant: row.tenant, etag: row.etag, target }] : [];
  });
}

/** "26–50 of 60". */
export function rangeWords(page: number, size: number, shown: number, all: number): string {
  if (all === 0) return "0";
  const from = page * size + 1;
  return `${formatNumber(from)}–${formatNumber(from + shown - 1)} of ${formatNumber(all)}`;
}
