import type { Check, Connection, DataType, Report, Run } from "../api/types";

const at = "2026-03-01T10:00:00Z";

export const dataTypes: DataType[] = [
  {
    type: "companies",
    label: "Companies",
    enabled: true,
    permission: { module: "Companies", name: "Company Maintenance", level: "Inquire" },
  },
  {
    type: "contacts",
    label: "Contacts",
    parent: "companies",
    enabled: true,
    permission: { module: "Companies", name: "Contacts", level: "Inquire" },
  },
];

export const endpoint = { serverUrl: "https://na.example.net", site: "na.example.net", companyId: "acme" };

export const draft: NonNullable<Connection["draft"]> = {
  ...endpoint,
  types: ["companies"],
  savedBy: "p1",
  savedAt: at,
  expiresAt: at,
};

export const enabled: NonNullable<Connection["enabled"]> = {
  ...endpoint,
  id: "c1",
  types: ["companies"],
  enabledBy: "p1",
  enabledAt: at,
  keysBy: "p1",
  keysAt: at,
  callbacks: { state: "registered" },
  pause: { sync: false },
};

export function runWith(change: Partial<Run>): Run {
  const counts = { read: 0, created: 0, updated: 0, unchanged: 0, skipped: 0, removed: 0 };
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
    counts,
    ...change,
  };
}

export function checkWith(change: Partial<Check>): Check {
  return { name: "address", status: "pass", required: true, detail: "", notices: [], at, ...change };
}

export const report = (ok: boolean, ...checks: Check[]): Report => ({ ok, checks, rights: [], losses: [] });
