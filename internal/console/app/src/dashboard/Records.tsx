import { Select, Stack } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "react-router";
import { useServices } from "../api/context";
import { recordsQuery } from "../api/queries";
import { to } from "../app/paths";
import { formatTime } from "../ui/format";
import { usePageTitle } from "../ui/Page";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Empty, Loading, More } from "../ui/states";
import { useKnown } from "./Dashboard";
import { Section } from "./Section";

/** What has been kept of ConnectWise. */
export function Records() {
  usePageTitle("Records");
  const { types } = useKnown();
  const params = useParams();
  const navigate = useNavigate();
  const enabled = types.filter((type) => type.enabled);
  const at = types.find((type) => type.type === params.type) ?? enabled[0];
  if (!at) return <Empty title="Nothing is synced">Choose data types under Configuration.</Empty>;
  return (
    <Section
      title={at.label}
      actions={
        <Select
          aria-label="Data type of the records"
          allowDeselect={false}
          data={enabled.map((type) => ({ value: type.type, label: type.label }))}
          value={at.type}
          onChange={(type) => type && void navigate(`${to.dashboard("records")}/${type}`)}
        />
      }
    >
      <List type={at.type} label={at.label} />
    </Section>
  );
}

function List({ type, label }: { type: string; label: string }) {
  const { api } = useServices();
  const list = useInfiniteQuery(recordsQuery(api, type));
  const records = list.data?.pages.flatMap((page) => page.items) ?? [];
  if (list.isPending) return <Loading rows={6} />;
  if (list.isError) return <ProblemAlert error={list.error} retry={() => void list.refetch()} />;
  if (records.length === 0) {
    return <Empty title={`No ${label.toLowerCase()} yet`}>They appear here as the sync reads them.</Empty>;
  }
  return (
    <Stack gap={0}>
      <table className="data">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col" className="number">
              ConnectWise id
            </th>
            <th scope="col">Updated in ConnectWise</th>
          </tr>
        </thead>
        <tbody>
          {records.map((record) => (
            <tr key={record.id}>
              <th scope="row">
                <Link to={to.record(type, record.id)}>{record.name || "(no name)"}</Link>
              </th>
              <td data-label="ConnectWise id" className="number">
                {record.id}
              </td>
              <td data-label="Updated in ConnectWise">
                {record.lastUpdated ? formatTime(record.lastUpdated) : "Unknown"}
                {record.updatedBy && ` by ${record.updatedBy}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <More query={list} />
    </Stack>
  );
}
