import { createContext, useContext } from "react";
import type { Config } from "../app/config";
import type { Session } from "../auth/session";
import type { Api } from "./client";

/** What every page works with. */
export interface Services {
  config: Config;
  session: Pick<Session, "subject" | "ended" | "subscribe" | "again" | "signOut">;
  api: Api;
}

const Context = createContext<Services | null>(null);

export const ServicesProvider = Context.Provider;

export function useServices(): Services {
  const services = useContext(Context);
  if (!services) throw new Error("useServices is used outside of ServicesProvider");
  return services;
}
