import type { Loss, Report, Right } from "../api/types";
import { formatCount } from "../ui/format";
import type { IconName } from "../ui/icons";
import { cellName } from "./roles";

/** How a group of rights is called, and what belonging to it means. */
interface Words {
  title: string;
  about: string;
  icon: IconName;
  look: "pass" | "warn" | "fail" | "skipped";
}

/** What is to be done comes first, what is in order last. Green is for proven alone. */
const words: Record<Right["state"], Words> = {
  missing: { title: "Missing", about: "ConnectWise refused these.", icon: "alert", look: "warn" },
  failed: { title: "Could not ask", about: "Nothing is known of these.", icon: "alert", look: "warn" },
  likely: {
    title: "Likely",
    about:
      "ConnectWise looked at a request that cannot change anything, and did not refuse it. Only a real change proves these.",
    icon: "info",
    look: "skipped",
  },
  unproven: {
    title: "Cannot be proven",
    about: "A test that changes nothing cannot show these.",
    icon: "dash",
    look: "skipped",
  },
  proven: { title: "Proven", about: "ConnectWise did what needs these.", icon: "check", look: "pass" },
};

/** Rights of one state of which the same is to be said. */
export interface Alike {
  detail: string;
  /** What a success does not show. */
  unproven?: string;
  /** What to do, where it is the same for all of them. */
  remedy?: string;
  rights: Right[];
}

export interface RightsGroup extends Words {
  state: Right["state"];
  count: number;
  alike: Alike[];
}

/** The matrix as people read it: by state, and what is to be said once. */
export function groupsOf(rights: Right[]): RightsGroup[] {
  return (Object.keys(words) as Right["state"][])
    .map((state) => ({ state, ...words[state], ...gather(rights.filter((right) => right.state === state)) }))
    .filter((group) => group.count > 0);
}

function gather(rights: Right[]): { count: number; alike: Alike[] } {
  const found = new Map<string, Alike>();
  for (const right of rights) {
    const { detail, unproven } = right;
    const remedy = right.state === "failed" ? right.remedy : undefined;
    const key = JSON.stringify([detail, unproven, remedy]);
    const alike = found.get(key) ?? { detail, unproven, remedy, rights: [] };
    alike.rights.push(right);
    found.set(key, alike);
  }
  return { count: rights.length, alike: [...found.values()] };
}

/** The cell to set: "Companies > Contacts, Inquire". */
export const rightName = (right: Right): string =>
  [cellName(right), right.level, right.table].filter(Boolean).join(", ");

/** What stops working without a right. */
export const lossesOf = (right: Right, report: Report): Loss[] =>
  report.losses.filter((loss) => loss.right === rightName(right));

/** A sentence about all rights, and its colour: green only if every one is proven. */
export function rightsSummary(rights: Right[]): { says: string; color: string; icon: IconName } {
  const count = (state: Right["state"]) => rights.filter((right) => right.state === state).length;
  const [proven, missing, failed] = [count("proven"), count("missing"), count("failed")];
  if (proven === rights.length) return { says: "Every permission is proven.", color: "teal", icon: "check" };
  const says = [`${proven} of ${formatCount(rights.length, "permission")} proven.`];
  if (missing > 0) says.push(missing === 1 ? "One is missing." : `${missing} are missing.`);
  if (failed > 0)
    says.push(failed === 1 ? "One could not be asked about." : `${failed} could not be asked about.`);
  const warns = missing + failed > 0;
  return { says: says.join(" "), color: warns ? "orange" : "blue", icon: warns ? "alert" : "info" };
}
