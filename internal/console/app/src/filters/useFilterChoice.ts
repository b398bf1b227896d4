import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useServices } from "../api/context";
import { discoveryQuery, type FilterOf, filtersQuery, previewQuery } from "../api/queries";
import type { Filter } from "../api/types";
import { useMayChange } from "../auth/useMe";
import { choosesAll, sameFilter } from "./categories";

interface Endpoint {
  site: string;
  companyId: string;
}

/** The stored filter, what is being chosen in its place, and what that would bring. */
export function useFilterChoice(of: FilterOf, endpoint: Endpoint | undefined, types: string[]) {
  const { api } = useServices();
  const mayChange = useMayChange();
  const stored = useQuery(filtersQuery(api, of));
  const [picked, setPicked] = useState<Filter | null>(null);
  const [some, setSome] = useState<boolean | null>(null);
  const [asked, setAsked] = useState<Filter | null>(null);
  const before = stored.data?.data.filter ?? {};
  const chosen = picked ?? before;
  const onlySome = some ?? !choosesAll(before);
  const filter = onlySome ? chosen : {};
  const discovery = useQuery({
    ...discoveryQuery(api, endpoint?.site ?? "", endpoint?.companyId ?? ""),
    // Only admins may ask ConnectWise.
    enabled: onlySome && mayChange,
  });
  const preview = useQuery({ ...previewQuery(api, asked ?? {}, types), enabled: asked !== null });
  return {
    stored,
    before,
    filter,
    chosen,
    onlySome,
    changed: !sameFilter(filter, before),
    choose: setPicked,
    chooseSome: setSome,
    /** Forgets what was picked: the stored filter is shown again. */
    forget: () => {
      setPicked(null);
      setSome(null);
    },
    discovery,
    preview,
    /** Whether the preview is of what is chosen now. */
    previewed: asked !== null && sameFilter(asked, filter),
    ask: () => {
      if (asked !== null && sameFilter(asked, filter)) void preview.refetch();
      else setAsked(filter);
    },
  };
}

export type FilterChoice = ReturnType<typeof useFilterChoice>;
