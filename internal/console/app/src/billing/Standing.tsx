import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { take } from "../api/client";
import { useServices } from "../api/context";
import type { PlannedAgreement, PostingRun } from "../api/types";
import { to } from "../app/paths";
import { productsQuery } from "../mapping/queries";
import { formatAgo, formatCount, formatList } from "../ui/format";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading } from "../ui/states";
import { formatEffect, sum } from "./amounts";
import { keys, linesQuery, planQuery, postingsQuery, settingsQuery } from "./queries";
import { labelOf, statesOf } from "./words";

/** What is missing before usage can be posted, and what tonight would post. */
export function Standing() {
  return (
    <dl className="facts">
      <dt>Mapping gaps</dt>
      <dd>
        <Gaps />
      </dd>
      <dt>What tonight would post</dt>
      <dd>
        <Tonight />
      </dd>
    </dl>
  );
}

function Gaps() {
  const { api } = useServices();
  const tenants = useQuery({
    queryKey: [...keys.mapped, "counts"],
    queryFn: () => take(api.GET("/v1/mappings", { params: { query: { limit: 1 } } })),
  });
  const products = useQuery(productsQuery(api));
  const lines = useQuery(linesQuery(api));
  const failed = [tenants, products, lines].find(({ isError }) => isError);
  if (failed) return <ProblemAlert error={failed.error} retry={() => void failed.refetch()} />;
  if (!tenants.data || !products.data || !lines.data) return <Loading rows={1} />;
  const { all, unmapped } = tenants.data;
  const bare = products.data.data.items.filter(({ item }) => !item).map(({ name }) => name);
  const closed = new Map(
    lines.data.flatMap((line) =>
      statesOf(line)
        .filter(({ code }) => unusable.includes(code))
        .map(({ code }) => [line.agreement.id, `${line.agreement.name}: ${labelOf(code).toLowerCase()}`]),
    ),
  );
  if (all > 0 && unmapped === 0 && bare.length === 0 && closed.size === 0) return "None";
  return (
    <>
      {all === 0 && <div>No tenant is known yet: the product tells of them.</div>}
      {unmapped > 0 && (
        <div>
          {formatCount(unmapped, "tenant")} of {all} {unmapped === 1 ? "is" : "are"} not mapped.{" "}
          <Link to={to.dashboard("mappings")}>Mappings</Link>
        </div>
      )}
      {bare.length > 0 && (
        <div>
          No catalog item for {formatList(bare)}. <Link to={to.dashboard("mappings/products")}>Products</Link>
        </div>
      )}
      {[...closed.entries()].map(([agreement, says]) => (
        <div key={agreement}>
          {says}. <Link to={to.dashboard("usage")}>What to do</Link>
        </div>
      ))}
    </>
  );
}

/** The states in which an agreement takes no usage. */
const unusable = [
  "agreement_missing",
  "agreement_moved",
  "agreement_ended",
  "not_recurring",
  "no_next_invoice",
  "periods_disagree",
  "dates_unreadable",
];

function Tonight() {
  const { api } = useServices();
  const settings = useQuery(settingsQuery(api));
  const runs = useQuery(postingsQuery(api));
  const failed = [settings, runs].find(({ isError }) => isError);
  if (failed) return <ProblemAlert error={failed.error} retry={() => void failed.refetch()} />;
  if (!settings.data || !runs.data) return <Loading rows={1} />;
  const { setUp, paused } = settings.data.data;
  const open = <Link to={to.dashboard("usage")}>{setUp ? "Post & preview" : "Usage & billing"}</Link>;
  if (!setUp) return <>Nothing: postings are not set up yet. {open}</>;
  if (paused) return <>Nothing: postings are paused. {open}</>;
  const preview = runs.data.find(({ mode, state }) => mode === "preview" && state === "done");
  if (!preview) return <>Not known before a preview. {open}</>;
  return <Planned preview={preview} />;
}

function Planned({ preview }: { preview: PostingRun }) {
  const { api } = useServices();
  const plan = useQuery(planQuery(api, preview.id));
  if (plan.isPending) return <Loading rows={1} />;
  if (plan.isError) return <ProblemAlert error={plan.error} retry={() => void plan.refetch()} />;
  return (
    <>
      {planWords(plan.data)} <Link to={to.dashboard("usage")}>See each line</Link>
      <Text size="sm" c="dimmed">
        As of the preview {formatAgo(preview.askedAt)}; the latest reports count when it is posted.
      </Text>
    </>
  );
}

/** What a plan comes to, in a sentence. */
export function planWords(plan: PlannedAgreement[]): string {
  const lines = plan.flatMap((agreement) => agreement.lines);
  const changing = lines.filter(({ steps }) => steps.length > 0);
  const waiting = changing.filter(({ unapproved }) => unapproved).length;
  const going = changing.filter(({ unapproved }) => !unapproved);
  const troubled = lines.filter(({ attention }) => attention.some(({ stops }) => stops)).length;
  const effect = formatEffect(sum(going.map((line) => line.effect)));
  return [
    going.length === 0
      ? "No line changes."
      : `${formatCount(going.length, "line")} ${going.length === 1 ? "changes" : "change"}, ${effect} a period.`,
    waiting > 0 && `${formatCount(waiting, "line")} ${waiting === 1 ? "waits" : "wait"} for approval.`,
    troubled > 0 &&
      `${formatCount(troubled, "line")} ${troubled === 1 ? "is" : "are"} stopped by something that needs attention.`,
  ]
    .filter(Boolean)
    .join(" ");
}
