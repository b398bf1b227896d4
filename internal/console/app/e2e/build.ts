import { execFileSync } from "node:child_process";
import { program, root } from "./stack";

/** Builds once what every worker then runs. */
export default function build(): void {
  execFileSync("go", ["build", "-o", program, "./internal/cmd/local"], { cwd: root, stdio: "inherit" });
}
