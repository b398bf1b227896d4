/** What the console must know before anybody signs in; served at /config.json. */
export interface Config {
  product: string;
  /** The OpenID Connect issuer. */
  issuer: string;
  clientId: string;
  /** What access tokens are for, where the issuer wants to be told. */
  audience?: string;
}

/** Reads the deployment's configuration. */
export async function loadConfig(): Promise<Config> {
  const answer = await fetch("/config.json", { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The console's configuration answered ${answer.status}.`);
  const config = (await answer.json()) as Partial<Config>;
  if (!config.issuer || !config.clientId) {
    throw new Error("The console's configuration names no issuer or client.");
  }
  return {
    product: config.product || "psabridge",
    issuer: config.issuer,
    clientId: config.clientId,
    audience: config.audience,
  };
}
