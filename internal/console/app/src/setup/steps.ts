import type { ComponentType } from "react";
import type { Connection } from "../api/types";
import type { Known } from "../integrations/useConnection";
import { ProductsStep, TenantsStep } from "../mapping/steps";
import { ConnectionStep } from "./ConnectionStep";
import { DataStep } from "./DataStep";
import { PrepareStep } from "./PrepareStep";
import { ProgressStep } from "./ProgressStep";
import { ReviewStep } from "./ReviewStep";

/** What a step is given. */
export interface StepProps {
  known: Known;
  /** The data types that are chosen so far; kept on the server from the draft on. */
  chosen: string[];
  choose: (types: string[]) => void;
  next: () => void;
  /** Goes to the step before; absent on the first. */
  back?: () => void;
}

/** A step of the wizard. A new one is a row of the table below. */
export interface Step {
  key: string;
  label: string;
  Content: ComponentType<StepProps>;
  /** Whether the step can be shown as things are on the server. */
  reachable: (connection: Connection) => boolean;
  /** Whether it belongs to changing a connection that is in use. */
  onUpdate: (connection: Connection) => boolean;
}

const always = () => true;
const never = () => false;
const hasDraft = (connection: Connection) => connection.draft !== undefined;
const isEnabled = (connection: Connection) => connection.enabled !== undefined;

const steps: Step[] = [
  { key: "prepare", label: "Prepare", Content: PrepareStep, reachable: always, onUpdate: never },
  { key: "connection", label: "Connection", Content: ConnectionStep, reachable: always, onUpdate: always },
  { key: "data", label: "Data & filters", Content: DataStep, reachable: hasDraft, onUpdate: hasDraft },
  { key: "review", label: "Review & enable", Content: ReviewStep, reachable: hasDraft, onUpdate: hasDraft },
  { key: "progress", label: "First sync", Content: ProgressStep, reachable: isEnabled, onUpdate: hasDraft },
  // After the first sync, since it brings the companies to map to; nothing is posted before both.
  {
    key: "tenants",
    label: "Companies & agreements",
    Content: TenantsStep,
    reachable: isEnabled,
    onUpdate: never,
  },
  { key: "products", label: "Products", Content: ProductsStep, reachable: isEnabled, onUpdate: never },
];

/** A way through the wizard. */
export interface Walk {
  all: Step[];
  at: Step;
  /** Whether a connection that is in use is being changed. */
  updating: boolean;
}

/**
 * The steps to walk through, and the one to begin or go on with. A draft that
 * was enabled meanwhile, here or in another browser, leads to the first sync.
 */
export function stepsFor(connection: Connection, wanted: string | undefined): Walk {
  const enabled = isEnabled(connection) && !hasDraft(connection);
  const finishing = enabled && ["data", "review", "progress", "tenants", "products"].includes(wanted ?? "");
  const updating = isEnabled(connection) && !finishing;
  const all = updating ? steps.filter((step) => step.onUpdate(connection)) : steps;
  const at = all.find((step) => step.key === wanted && step.reachable(connection));
  const resumed = all.find((step) => step.key === resumeAt(connection, finishing));
  return { all, at: at ?? resumed ?? (all[0] as Step), updating };
}

/** A draft goes on after the connection step. */
function resumeAt(connection: Connection, finishing: boolean): string | undefined {
  if (finishing) return "progress";
  return hasDraft(connection) ? "data" : undefined;
}
