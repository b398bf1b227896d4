import { Alert, Button, Stack, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { takeTagged } from "../api/client";
import { useServices } from "../api/context";
import { isStale } from "../api/problem";
import type { Product, Ref } from "../api/types";
import { useMayChange } from "../auth/useMe";
import { Who } from "../auth/Who";
import { formatCount, formatTime } from "../ui/format";
import { Icon } from "../ui/icons";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading } from "../ui/states";
import { withItem } from "./Overrides";
import { ProductTable } from "./ProductTable";
import { productsQuery } from "./queries";

/** The stored choice of catalog items, and what is being chosen in its place. */
function useProductChoice() {
  const { api } = useServices();
  const client = useQueryClient();
  const stored = useQuery(productsQuery(api));
  const [picked, setPicked] = useState<Record<string, Ref> | null>(null);
  const items = picked ?? itemsOf(stored.data?.data.items ?? []);
  const save = useMutation({
    mutationFn: () =>
      takeTagged(
        api.PUT("/v1/products", {
          body: { items },
          params: { header: { "If-Match": stored.data?.etag ?? "" } },
        }),
      ),
    onSuccess: (saved) => {
      client.setQueryData(productsQuery(api).queryKey, saved);
      setPicked(null);
      notifications.show({ color: "teal", message: "The products are saved." });
    },
  });
  return {
    stored,
    items,
    changed: picked !== null,
    choose: (sku: string, item: Ref | null) => {
      save.reset();
      setPicked(withItem(items, sku, item));
    },
    save,
    /** Forgets what was picked, and reads what is stored. */
    reload: () => {
      save.reset();
      setPicked(null);
      void stored.refetch();
    },
  };
}

type ProductChoice = ReturnType<typeof useProductChoice>;

const itemsOf = (products: Product[]): Record<string, Ref> =>
  Object.fromEntries(products.flatMap(({ sku, item }) => (item ? [[sku, item]] : [])));

/** Which catalog item each package and add-on is posted as: on the dashboard and in the wizard. */
export function Products() {
  const choice = useProductChoice();
  const { stored } = choice;
  const products = stored.data?.data.items ?? [];
  const without = products.filter(({ item }) => !item);
  return (
    <Stack gap="lg">
      <Text>
        The catalog item decides as what usage stands on an agreement. Packages that are counted alike may
        share one; what is counted differently needs an item of its own.
      </Text>
      {stored.isPending && <Loading rows={6} />}
      {stored.isError && <ProblemAlert error={stored.error} retry={() => void stored.refetch()} />}
      {stored.isSuccess && products.length === 0 && (
        <Text c="dimmed">No products are configured for this installation. Ask the support for them.</Text>
      )}
      {stored.isSuccess && without.length > 0 && (
        <Alert color="orange" icon={<Icon name="info" />}>
          {formatCount(without.length, "product has", "products have")} no catalog item: usage of{" "}
          {without.length === 1 ? "it" : "them"} is not posted.
        </Alert>
      )}
      <Group title="Packages" products={products.filter(({ addOn }) => !addOn)} choice={choice} />
      <Group title="Add-ons" products={products.filter(({ addOn }) => addOn)} choice={choice} />
      <SaveProducts choice={choice} />
    </Stack>
  );
}

function Group({ title, products, choice }: { title: string; products: Product[]; choice: ProductChoice }) {
  const id = useId();
  if (products.length === 0) return null;
  return (
    <section aria-labelledby={id}>
      <Title order={3} size="h5" id={id}>
        {title}
      </Title>
      <ProductTable products={products} items={choice.items} choose={choice.choose} />
    </section>
  );
}

function SaveProducts({ choice: { stored, changed, save, reload } }: { choice: ProductChoice }) {
  const mayChange = useMayChange();
  const stale = save.isError && isStale(save.error);
  const { by, at } = stored.data?.data ?? {};
  return (
    <>
      {save.isError && (
        <ProblemAlert
          error={save.error}
          retry={stale ? reload : undefined}
          retryLabel="Show what is stored now"
        />
      )}
      {mayChange && stored.isSuccess && (
        <div className="actions">
          <Button disabled={!changed || stale} loading={save.isPending} onClick={() => save.mutate()}>
            Save products
          </Button>
          {changed && (
            <Button variant="default" onClick={reload}>
              Undo changes
            </Button>
          )}
        </div>
      )}
      {by && at && (
        <Text size="sm" c="dimmed">
          Last changed {formatTime(at)} by <Who id={by} />.
        </Text>
      )}
    </>
  );
}
