import { useQuery } from "@tanstack/react-query";
import { useServices } from "../api/context";
import { meQuery } from "../api/queries";

/** Whether the person may change things; members may look. */
export function useMayChange(): boolean {
  const { api } = useServices();
  return useQuery(meQuery(api)).data?.roles.includes("admin") ?? false;
}

/** Names who did something: you, another person, or the machinery. */
export function useWho(): (who: string) => string {
  const { session } = useServices();
  return (who) => {
    if (who === session.subject) return "you";
    return { schedule: "the schedule", system: "the system", callback: "ConnectWise (callback)" }[who] ?? who;
  };
}
