import type { PlannedAgreement } from "../api/types";

/** The tenants whose lines wait for approval, by name. */
export function waiting(agreements: PlannedAgreement[]): { id: string; name: string }[] {
  const tenants = new Map<string, string>();
  for (const { unapproved, shares } of agreements.flatMap(({ lines }) => lines)) {
    if (!unapproved) continue;
    for (const { tenant, name } of shares) tenants.set(tenant, name || tenant);
  }
  return [...tenants].map(([id, name]) => ({ id, name })).sort((a, b) => a.name.localeCompare(b.name));
}
