import type {
  Check,
  Connection,
  Counts,
  DataType,
  Former,
  Report,
  Right,
  RoleNeed,
  RoleTable,
  Run,
} from "../api/types";

const at = "2026-03-01T10:00:00Z";

export const dataTypes: DataType[] = [
  {
    type: "companies",
    label: "Companies",
    enabled: true,
    main: true,
    always: false,
    permission: { module: "Companies", name: "Company Maintenance", level: "Inquire" },
  },
  {
    type: "contacts",
    label: "Contacts",
    parent: "companies",
    enabled: true,
    main: true,
    always: false,
    permission: { module: "Companies", name: "Contacts", level: "Inquire" },
  },
];

export const endpoint = { serverUrl: "https://na.example.net", site: "na.example.net", companyId: "acme" };

export const draft: NonNullable<Connection["draft"]> = {
  ...endpoint,
  types: ["companies"],
  filter: {},
  savedBy: "p1",
  savedAt: at,
  expiresAt: at,
};

export const enabled: NonNullable<Connection["enabled"]> = {
  ...endpoint,
  id: "c1",
  types: ["companies"],
  filter: {},
  enabledBy: "p1",
  enabledAt: at,
  keysBy: "p1",
  keysAt: at,
  callbacks: { state: "registered" },
  pause: { sync: false },
};

export function countsWith(change: Partial<Counts>): Counts {
  const none = {
    read: 0,
    created: 0,
    updated: 0,
    unchanged: 0,
    skipped: 0,
    outOfScope: 0,
    removed: 0,
    missing: 0,
  };
  return { ...none, ...change };
}

export function runWith(change: Partial<Run>): Run {
  return {
    id: "01J0000000000000000000000A",
    type: "companies",
    mode: "initial",
    state: "running",
    active: true,
    requestedBy: "p1",
    requestedAt: at,
    expected: 0,
    shards: 1,
    counts: countsWith({}),
    ...change,
  };
}

export function checkWith(change: Partial<Check>): Check {
  return { name: "address", status: "pass", required: true, detail: "", notices: [], at, ...change };
}

export const report = (ok: boolean, ...checks: Check[]): Report => ({ ok, checks, rights: [], losses: [] });

export const former: Former = {
  ...endpoint,
  state: "kept",
  by: "p1",
  at,
  remaining: [],
};

export function rightWith(change: Partial<Right>): Right {
  return {
    module: "Companies",
    permission: "Contacts",
    level: "Inquire",
    features: ["contacts"],
    sources: ["guide1"],
    optional: false,
    state: "proven",
    at,
    detail: "Read.",
    ...change,
  };
}

function need(change: Partial<RoleNeed>): RoleNeed {
  const where = { module: "Finance", permission: "Agreements", level: "Inquire" as const };
  return { ...where, features: ["usage"], sources: ["guide2"], optional: false, without: [], ...change };
}

const columns = { add: "None", edit: "None", delete: "None", inquire: "All", tables: [] } as const;
const setup = { module: "System", permission: "Table Setup" };
const byType = { feature: "filters", says: "Companies cannot be filtered by type." };

/** Two rows: one with more than one level, one that is optional and limited to a setup table. */
export const roleTable: RoleTable = {
  features: [
    { name: "usage", label: "Usage posting", chosen: true },
    { name: "mapping", label: "Companies & agreements", chosen: true },
    { name: "filters", label: "Filters", chosen: true },
    { name: "invoices", label: "Invoices", chosen: false },
  ],
  rows: [
    {
      module: "Finance",
      permission: "Agreements",
      ...columns,
      tables: [],
      add: "All",
      needs: [need({ level: "Add" }), need({ features: ["usage", "mapping"] })],
    },
    {
      ...setup,
      ...columns,
      tables: ["Company / Company Type"],
      needs: [need({ ...setup, table: "Company / Company Type", features: ["filters"], without: [byType] })],
    },
  ],
  later: [
    need({ ...setup, level: "Add", table: "Integrator / Callbacks", features: ["callbacks"] }),
    need({ ...setup, level: "Edit", table: "Integrator / Callbacks", features: ["callbacks"] }),
  ],
  differences: [
    difference("guide1", "Agreements", ["Delete"], []),
    difference("guide1", "Invoicing", ["Inquire"], ["invoices"]),
    difference("guide2", "Invoicing", ["Add"], ["invoices"]),
    { ...difference("guide2", "Products", ["Inquire"], []), kind: "not_named" },
  ],
};

function difference(guide: "guide1" | "guide2", permission: string, levels: string[], needing: string[]) {
  return {
    guide,
    kind: "not_needed" as const,
    module: "Finance",
    permission,
    levels,
    tables: [],
    for: needing,
  };
}
