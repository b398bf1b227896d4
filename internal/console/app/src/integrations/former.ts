import type { Former } from "../api/types";

const words: Record<Former["state"], { title: string; says: string }> = {
  leaving: {
    title: "Being disconnected",
    says: "Its syncs, callbacks and keys are being removed. That goes on by itself.",
  },
  kept: {
    title: "Disconnected",
    says: "What was synced is kept, for when the same ConnectWise company is connected again.",
  },
  erasing: {
    title: "Disconnected, and being erased",
    says: "What was synced is being erased. It takes some minutes and goes on by itself.",
  },
  erased: { title: "Disconnected and erased", says: "What was synced has been erased." },
};

/** What becomes of a connection that was taken down. */
export const formerWords = (former: Former) => words[former.state];
