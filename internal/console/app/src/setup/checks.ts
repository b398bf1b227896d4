import type { Check, DataType, Report } from "../api/types";

const labels: Record<Exclude<Check["name"], "permission">, string> = {
  address: "Server URL",
  reachable: "Server reachable",
  company: "Company ID known",
  system_info: "System information",
  credentials: "Keys accepted",
};

/** What a check is called. */
export function checkLabel(check: Check, types: DataType[]): string {
  if (check.name !== "permission") return labels[check.name];
  const type = types.find((row) => row.type === check.type);
  return `May read ${type?.label.toLowerCase() ?? check.type}`;
}

/** One sentence about a test. It never says more than was seen. */
export function summary(report: Report): string {
  const failed = report.checks.filter((check) => check.status === "fail");
  const what = failed.length === 1 ? "One check" : `${failed.length} checks`;
  if (!report.ok) return `${what} did not pass. Do what the remedy says, then test again.`;
  if (failed.length > 0)
    return `The connection works. ${what} did not pass, which limits what can be synced.`;
  const missing = report.rights.filter((right) => right.state === "missing").length;
  if (missing > 0) {
    const which = missing === 1 ? "One permission is" : `${missing} permissions are`;
    return `The connection works. ${which} missing, which limits what works.`;
  }
  const skipped = report.checks.some((check) => check.status === "skipped");
  return skipped ? "The connection works. Not everything could be checked." : "All checks passed.";
}

/** A test that must pass and did not is red; one that limits what works is a warning. */
export function summaryColor(report: Report): string {
  if (!report.ok) return "red";
  const limited =
    report.checks.some((check) => check.status === "fail") ||
    report.rights.some((right) => right.state === "missing");
  return limited ? "orange" : "teal";
}
