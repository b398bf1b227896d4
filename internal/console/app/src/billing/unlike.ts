import type { Offer, Unlike } from "../api/types";
import { formatDay, formatQuantity } from "./amounts";

const named = ({ id, name }: Offer["agreement"], kind: string) => name || `${kind} ${id}`;

const day = (text: string | undefined) => (text ? formatDay(text) : "no date");

/** What changed since a preview, so that it was not approved; a sentence each. */
export function changesOf({ shown, now }: Unlike): string[] {
  if (!shown) return ["It was mapped after this preview."];
  if (!now) return ["Its mapping was changed or switched off: nothing waits for approval any more."];
  const out: string[] = [];
  const differ = (what: string, was: string, is: string) => {
    if (was !== is) out.push(`${what}: ${was} → ${is}`);
  };
  if (shown.agreement.id !== now.agreement.id)
    differ("Agreement", named(shown.agreement, "Agreement"), named(now.agreement, "Agreement"));
  if (shown.product.id !== now.product.id)
    differ("Catalog item", named(shown.product, "Item"), named(now.product, "Item"));
  if (shown.price && now.price) differ("Price", formatQuantity(shown.price), formatQuantity(now.price));
  differ("From", day(shown.from || shown.date), day(now.from || now.date));
  return out.length > 0 ? out : ["Its agreement or catalog item was changed."];
}
