import { InMemoryWebStorage, type User, UserManager, WebStorageStateStore } from "oidc-client-ts";
import type { Config } from "../app/config";

/** Where the issuer sends people back to. */
export const signedInPath = "/signed-in";
export const signedInWindowPath = "/signed-in/window";
export const signedOutPath = "/signed-out";

/** What begin found: the path to show, or that the browser is leaving or closing. */
export type Beginning = { show: string } | "leaving";

/**
 * A person's session. Tokens are in memory only; the session storage holds the
 * one-time verifier and the address to return to, while the person is away at
 * the issuer.
 */
export class Session {
  #manager: UserManager;
  #user: User | null = null;
  #ended = false;
  #listeners = new Set<() => void>();

  constructor(config: Config, origin = window.location.origin) {
    this.#manager = new UserManager({
      authority: config.issuer,
      client_id: config.clientId,
      redirect_uri: origin + signedInPath,
      popup_redirect_uri: origin + signedInWindowPath,
      post_logout_redirect_uri: origin + signedOutPath,
      scope: "openid profile email",
      extraQueryParams: config.audience ? { audience: config.audience } : {},
      userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
      stateStore: new WebStorageStateStore({ store: window.sessionStorage }),
      automaticSilentRenew: false,
      monitorSession: false,
    });
    this.#manager.events.addUserLoaded((user) => this.#set(user, false));
    this.#manager.events.addAccessTokenExpiring(() => void this.#renew());
    this.#manager.events.addAccessTokenExpired(() => this.end());
  }

  /** Signs in, or goes on where the issuer sent the person back. */
  async begin(path: string, search: string): Promise<Beginning> {
    if (path === signedOutPath) return { show: path };
    if (path === signedInWindowPath) {
      await this.#manager.signinPopupCallback();
      return "leaving";
    }
    if (path !== signedInPath) {
      await this.#manager.signinRedirect({ state: { returnTo: path + search } });
      return "leaving";
    }
    const user = await this.#manager.signinRedirectCallback();
    this.#set(user, false);
    return { show: ownPath((user.state as { returnTo?: string } | undefined)?.returnTo) };
  }

  /** Signs in in a window of its own, so that what is typed here stays. */
  async again(): Promise<void> {
    const before = this.#user?.profile.sub;
    const user = await this.#manager.signinPopup();
    if (before && user.profile.sub !== before) window.location.assign("/");
    this.#set(user, false);
  }

  /** Leaves the session, at the issuer too if it offers that. */
  async signOut(): Promise<void> {
    const end = await this.#manager.metadataService.getEndSessionEndpoint().catch(() => undefined);
    if (end) await this.#manager.signoutRedirect();
    else window.location.assign(signedOutPath);
  }

  /** Marks the session as over: the token expired or was refused. */
  end(): void {
    if (!this.#ended) this.#set(this.#user, true);
  }

  get token(): string | undefined {
    return this.#user?.access_token;
  }

  /** The issuer's id of the person. */
  get subject(): string | undefined {
    return this.#user?.profile.sub;
  }

  ended = (): boolean => this.#ended;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async #renew(): Promise<void> {
    if (!this.#user?.refresh_token) return;
    await this.#manager.signinSilent().catch(() => undefined); // if it fails, the token expires and we say so
  }

  #set(user: User | null, ended: boolean): void {
    this.#user = user;
    this.#ended = ended;
    for (const listener of this.#listeners) listener();
  }
}

/** Only an address of ours is returned to. */
export function ownPath(path: string | undefined): string {
  return path?.startsWith("/") && !path.startsWith("//") && !path.startsWith("/\\") ? path : "/";
}
