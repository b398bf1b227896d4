import type { Role } from "./simulator";

/** What the five data types need, except contacts, and one setup table too few. */
export const lacking: Role = {
  name: "Without contacts",
  cells: Object.fromEntries(
    [
      "Companies: Company Maintenance",
      "Companies: Configurations",
      "Procurement: Product Catalog",
      "Sales: Closed Opportunity",
      "Sales: Opportunity",
      "Sales: Opportunity Finance",
      "System: Table Setup",
    ].map((cell) => [cell, { inquire: "All" as const }]),
  ),
  tables: ["Company / Company Status", "Company / Company Type"],
};
