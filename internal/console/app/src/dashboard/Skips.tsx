import { Button, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { take } from "../api/client";
import { useServices } from "../api/context";
import { asProblem } from "../api/problem";
import { skipsQuery } from "../api/queries";
import type { Run, Skip } from "../api/types";
import { useMayChange } from "../auth/useMe";
import { reasonWords } from "../runs/words";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading, More } from "../ui/states";
import { Section } from "./Section";

/** The records that a run could not keep, and why. */
export function Skips({ run }: { run: Run }) {
  const { api } = useServices();
  const list = useInfiniteQuery(skipsQuery(api, run.id));
  const skips = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section title="Skipped records">
      {list.isPending && <Loading />}
      {list.isError && <ProblemAlert error={list.error} retry={() => void list.refetch()} />}
      {skips.length > 0 && (
        <table className="data">
          <thead>
            <tr>
              <th scope="col">Record</th>
              <th scope="col">Reason</th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {skips.map((skip) => (
              <Row key={skip.id} skip={skip} />
            ))}
          </tbody>
        </table>
      )}
      <More query={list} />
    </Section>
  );
}

function Row({ skip }: { skip: Skip }) {
  const { api } = useServices();
  const mayChange = useMayChange();
  const name = skip.name || `Record ${skip.id}`;
  const retry = useMutation({
    mutationFn: () =>
      take(api.POST("/v1/records/{type}/{id}/sync", { params: { path: { type: skip.type, id: skip.id } } })),
    onSuccess: () => notifications.show({ color: "teal", message: `${name} is synced now.` }),
    onError: (error) => {
      const { message, remedy } = asProblem(error);
      notifications.show({ color: "red", title: `${name}: ${message}`, message: remedy, autoClose: 10_000 });
    },
  });
  return (
    <tr>
      <th scope="row">
        {name}{" "}
        <Text span c="dimmed">
          ({skip.id})
        </Text>
      </th>
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
      <td>
        <Button
          variant="default"
          disabled={!mayChange}
          loading={retry.isPending}
          onClick={() => retry.mutate()}
        >
          Try again<span className="visually-hidden"> with {name}</span>
        </Button>
      </td>
    </tr>
  );
}
