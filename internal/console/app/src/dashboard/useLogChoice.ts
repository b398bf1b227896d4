import { useSearchParams } from "react-router";
import type { LogChoice } from "../api/queries";

/** The parts of the log's choice, as they stand in the address; days are the browser's. */
export type LogParam = "type" | "event" | "who" | "run" | "from" | "to";

const params: LogParam[] = ["type", "event", "who", "run", "from", "to"];

/** Which entries of the log are wanted: kept in the address, so that it can be sent to somebody and gone back to. */
export function useLogChoice() {
  const [search, setSearch] = useSearchParams();
  const value = (name: LogParam): string => search.get(name) ?? "";
  return {
    value,
    set: (name: LogParam, to: string | null) =>
      setSearch(
        (before) => {
          if (to) before.set(name, to);
          else before.delete(name);
          return before;
        },
        { replace: true },
      ),
    clear: () => setSearch({}, { replace: true }),
    filtered: params.some((name) => search.has(name)),
    choice: choiceOf(value),
  };
}

export type LogState = ReturnType<typeof useLogChoice>;

/** The choice as the API takes it: the last day is meant whole. */
export function choiceOf(value: (name: LogParam) => string): LogChoice {
  const all = {
    type: value("type"),
    event: value("event"),
    who: value("who"),
    run: value("run"),
    from: startOf(value("from"), 0),
    to: startOf(value("to"), 1),
  };
  return Object.fromEntries(Object.entries(all).filter(([, part]) => part));
}

/** The instant at which a day begins, or one so many days later; "" if it is no day. */
function startOf(day: string, later: number): string {
  const [year, month, date] = day.split("-").map(Number);
  if (!year || !month || !date) return "";
  const at = new Date(year, month - 1, date + later);
  return Number.isNaN(at.getTime()) ? "" : at.toISOString();
}
