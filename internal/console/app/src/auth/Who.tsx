import { shortName, useWho } from "./useMe";

/** Names who did something. An issuer's long id is cut short; the whole of it is in its title. */
export function Who({ id }: { id: string }) {
  const name = useWho()(id);
  if (name === shortName(id) && name !== id) return <span title={id}>{name}</span>;
  return <>{name}</>;
}
