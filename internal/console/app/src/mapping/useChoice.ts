import { useSearchParams } from "react-router";
import type { Choice } from "./queries";

/** Which tenants are shown, and which change set: kept in the address, so that it can be reloaded and gone back to. */
export function useChoice() {
  const [search, setSearch] = useSearchParams();
  const change = (to: Record<string, string>) =>
    setSearch(
      (before) => {
        for (const [name, value] of Object.entries(to)) {
          if (value) before.set(name, value);
          else before.delete(name);
        }
        return before;
      },
      { replace: true },
    );
  const choice: Choice = {
    tab: search.get("tab") === "unmapped" ? "unmapped" : "all",
    q: search.get("q") ?? "",
  };
  return {
    choice,
    page: Math.max(0, Number.parseInt(search.get("page") ?? "1", 10) - 1 || 0),
    change: search.get("change") ?? "",
    choose: (to: Partial<Choice>) =>
      change({
        ...(to.tab && { tab: to.tab === "all" ? "" : to.tab }),
        ...(to.q !== undefined && { q: to.q }),
        page: "",
      }),
    turn: (page: number) => change({ page: page > 0 ? String(page + 1) : "" }),
    show: (id: string) => change({ change: id }),
  };
}

export type ChoiceState = ReturnType<typeof useChoice>;
