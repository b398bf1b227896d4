import { useWho } from "./useMe";

/** Names who did something; the id is in the title. */
export function Who({ id }: { id: string }) {
  const name = useWho()(id);
  return name === id ? name : <span title={id}>{name}</span>;
}
