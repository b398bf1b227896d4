import { Button, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { take } from "../api/client";
import { useServices } from "../api/context";
import { asProblem } from "../api/problem";
import { keys } from "../api/queries";
import type { DataType, Skip } from "../api/types";
import { useMayChange } from "../auth/useMe";
import { usePaused } from "../integrations/usePause";
import { outcomeWords, reasonWords } from "./words";

interface Props {
  skips: Skip[];
  /** Given where records of several types stand together. */
  types?: DataType[];
}

/** Records that could not be kept, each with its reason, to be tried again one by one. */
export function SkipTable({ skips, types }: Props) {
  return (
    <table className="data">
      <thead>
        <tr>
          <th scope="col">Record</th>
          {types && <th scope="col">Data type</th>}
          <th scope="col">Reason</th>
          <th scope="col">
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {skips.map((skip) => (
          <Row
            key={`${skip.type} ${skip.id ?? `under ${skip.under}`}`}
            skip={skip}
            label={types && (types.find((type) => type.type === skip.type)?.label ?? skip.type)}
          />
        ))}
      </tbody>
    </table>
  );
}

function Row({ skip, label }: { skip: Skip; label?: string }) {
  return (
    <tr>
      <th scope="row">
        <span>
          {skip.name || (skip.id ? "No name" : `All of record ${skip.under}`)}{" "}
          {skip.id && (
            <Text span c="dimmed">
              ({skip.id})
            </Text>
          )}
        </span>
      </th>
      {label && <td data-label="Data type">{label}</td>}
      <td data-label="Reason">
        <div>
          {reasonWords(skip.reason)}
          {skip.detail && (
            <Text size="sm" c="dimmed">
              {skip.detail}
            </Text>
          )}
        </div>
      </td>
      <td>{skip.id !== undefined && <TryAgain type={skip.type} id={skip.id} name={skip.name} />}</td>
    </tr>
  );
}

function TryAgain({ type, id, name }: { type: string; id: number; name: string }) {
  const { api } = useServices();
  const client = useQueryClient();
  const mayChange = useMayChange();
  const paused = usePaused();
  const called = name || `Record ${id}`;
  const retry = useMutation({
    mutationFn: () => take(api.POST("/v1/records/{type}/{id}/sync", { params: { path: { type, id } } })),
    onSuccess: (became) => {
      const color = became.outcome === "kept" ? "teal" : "orange";
      notifications.show({ color, message: outcomeWords(called, became), autoClose: 10_000 });
    },
    onError: (error) => {
      const { message, remedy } = asProblem(error);
      notifications.show({
        color: "red",
        title: `${called}: ${message}`,
        message: remedy,
        autoClose: 10_000,
      });
    },
    onSettled: () => client.invalidateQueries({ queryKey: keys.skips }),
  });
  if (!mayChange) return null;
  return (
    <Button variant="default" disabled={paused} loading={retry.isPending} onClick={() => retry.mutate()}>
      Try again<span className="visually-hidden"> with {called}</span>
    </Button>
  );
}
