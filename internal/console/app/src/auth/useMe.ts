import { useQuery } from "@tanstack/react-query";
import { useServices } from "../api/context";
import { meQuery, peopleQuery } from "../api/queries";

/** Whether the person may change things; members may look. */
export function useMayChange(): boolean {
  const { api } = useServices();
  return useQuery(meQuery(api)).data?.roles.includes("admin") ?? false;
}

const machinery: Record<string, string> = {
  schedule: "the schedule",
  system: "the system",
  callback: "ConnectWise (callback)",
};

/** Names who did something: you, another person, or the machinery. */
export function useWho(): (who: string) => string {
  const { api, session } = useServices();
  const people = useQuery(peopleQuery(api)).data?.items ?? [];
  return (who) => {
    if (who === session.subject) return "you";
    return machinery[who] ?? people.find((person) => person.id === who)?.name ?? shortName(who);
  };
}

/** The longest id that people can read at a glance. */
const readable = 24;

/** A person's id where no name is known, as the issuer gives it, cut to what tells people apart: "auth0|6512bd43d9caa6e02c990b0a" is "person 990b0a". */
export function shortName(id: string): string {
  if (id.length <= readable && !id.includes("|")) return id;
  if (id.includes("@")) return id.slice(id.lastIndexOf("|") + 1);
  return `person ${id.slice(-6)}`;
}
