import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { take } from "../api/client";
import { useServices } from "../api/context";
import { asProblem } from "../api/problem";
import { keys } from "../api/queries";
import type { ConnectionInput, Report } from "../api/types";
import type { Known } from "../integrations/useConnection";
import { missing, type Values } from "./connectionValues";

/** Keys are not kept in the cache of past calls. */
const forgetful = { gcTime: 0 };

/** The connection's form: its values, the test, and saving, which tests again. */
export function useConnectionForm(known: Known, types: string[]) {
  const { api } = useServices();
  const client = useQueryClient();
  const stored = known.connection.draft ?? known.connection.enabled;
  const [values, setValues] = useState<Values>({
    serverUrl: stored?.serverUrl ?? "",
    companyId: stored?.companyId ?? "",
    publicKey: "",
    privateKey: "",
  });
  const [touched, setTouched] = useState(false);
  const [report, setReport] = useState<{ of: Values; report: Report } | null>(null);
  const body: ConnectionInput = { ...values, types };
  const errors = missing(values, stored !== undefined);
  const found = (of: Values, report: Report | undefined) => report && setReport({ of, report });

  const test = useMutation({
    ...forgetful,
    mutationFn: () => take(api.POST("/v1/connection/test", { body })),
    onMutate: () => setReport(null),
    onSuccess: (report) => found(values, report),
  });
  const save = useMutation({
    ...forgetful,
    mutationFn: () =>
      take(api.PUT("/v1/connection", { body, params: { header: { "If-Match": known.etag || undefined } } })),
    onError: (error) => found(values, asProblem(error).report),
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: keys.connection }),
        client.invalidateQueries({ queryKey: keys.types }),
      ]),
  });

  /** Runs an action if everything is filled in; otherwise shows what is missing. */
  const ifComplete = (action: () => void) => {
    setTouched(true);
    if (Object.keys(errors).length === 0) action();
    else focusFirst(errors);
  };
  const error = test.error ?? save.error;
  return {
    values,
    set: (name: keyof Values, value: string) => setValues((before) => ({ ...before, [name]: value })),
    errors: touched ? errors : {},
    stored: stored !== undefined,
    report: report?.report,
    stale: report !== null && report.of !== values,
    // A failed test is shown as its report.
    error: error && asProblem(error).report ? null : error,
    test,
    save,
    ifComplete,
  };
}

function focusFirst(errors: Partial<Values>): void {
  document.getElementsByName(Object.keys(errors)[0] ?? "")[0]?.focus();
}
