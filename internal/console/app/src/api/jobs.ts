import { type Api, take } from "./client";
import { ProblemError } from "./problem";
import type { Job } from "./types";

/** How often a job is asked about, in milliseconds. */
const interval = 700;

/** Waits for the end of a job that was started. One that failed is thrown as the problem it met. */
export async function finished(api: Api, started: Promise<Job>, signal: AbortSignal): Promise<Job> {
  let job = await started;
  while (job.state === "queued") {
    await pause(interval, signal);
    job = await take(api.GET("/v1/jobs/{id}", { params: { path: { id: job.id } }, signal }));
  }
  if (job.state === "failed") {
    const { code, message, remedy } = job.trouble ?? {};
    throw new ProblemError({ code, detail: message ?? "ConnectWise could not be asked.", remedy });
  }
  return job;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, fail) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      fail(signal.reason);
    });
  });
}
