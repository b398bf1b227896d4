import type { components } from "./schema";

export type ProblemDocument = components["schemas"]["Problem"];
export type Report = components["schemas"]["Report"];

/** An error that can be shown: what happened, what to do, and what to name when asking for help. */
export class ProblemError extends Error {
  readonly code: string;
  readonly status: number;
  readonly remedy?: string;
  readonly requestId?: string;
  readonly fields: { location: string; message: string }[];
  readonly report?: Report;

  constructor(doc: Partial<ProblemDocument> & { detail: string }) {
    super(doc.detail);
    this.name = "ProblemError";
    this.code = doc.code ?? "";
    this.status = doc.status ?? 0;
    this.remedy = doc.remedy;
    this.requestId = doc.requestId;
    this.fields = doc.fields ?? [];
    this.report = doc.report;
  }
}

/** The gateway answers some errors itself, with a body of its own. */
const ofGateway: Record<number, [detail: string, remedy: string]> = {
  401: ["Your session ended.", "Sign in again."],
  404: ["There is nothing at this address.", ""],
  413: ["The request was too large.", ""],
  429: ["There are too many requests at the moment.", "Wait a few seconds, then try again."],
  503: ["The service is busy.", "Wait a few seconds, then try again."],
};

/** Makes a problem of any answer that is not a success. */
export function problemOf(status: number, body: unknown): ProblemError {
  if (body && typeof body === "object" && "code" in body && "detail" in body) {
    return new ProblemError(body as ProblemDocument);
  }
  const [detail, remedy] = ofGateway[status] ?? [
    "The server did not answer as expected.",
    "Try again. If it stays, contact support.",
  ];
  return new ProblemError({ status, detail, remedy });
}

/** Whether somebody else was faster. */
export const isStale = (error: unknown): boolean => asProblem(error).status === 412;

/** Makes a problem of anything thrown. */
export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof TypeError) {
    return new ProblemError({
      code: "offline",
      detail: "The server cannot be reached.",
      remedy: "Check your internet connection, then try again.",
    });
  }
  return new ProblemError({
    detail: "Something went wrong in this page.",
    remedy: "Reload the page. If it happens again, contact support.",
  });
}
