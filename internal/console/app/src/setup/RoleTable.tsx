import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useServices } from "../api/context";
import { roleTableQuery } from "../api/queries";
import type { RoleRow, RoleTable as Table } from "../api/types";
import { CopyButton } from "../ui/CopyButton";
import { formatCount, formatList } from "../ui/format";
import { ProblemAlert } from "../ui/ProblemAlert";
import { Loading } from "../ui/states";
import {
  cellName,
  type Excess,
  excessesOf,
  laterRights,
  levelOf,
  purposesOf,
  roleLevels,
  roleText,
} from "./roles";

/** Exactly the cells of a security role that the chosen data needs. */
export function RoleTable({ chosen }: { chosen: string[] }) {
  const { api } = useServices();
  const table = useQuery(roleTableQuery(api, chosen));
  if (chosen.length === 0) return <Text>Choose something to sync to see what the role needs.</Text>;
  if (table.isError) return <ProblemAlert error={table.error} retry={() => void table.refetch()} />;
  if (!table.data) return <Loading label="Loading the role" />;
  return <Cells table={table.data} />;
}

function Cells({ table }: { table: Table }) {
  const excesses = excessesOf(table);
  const others = excesses.filter(({ cell }) => !table.rows.some((row) => cellName(row) === cell));
  return (
    <Stack gap="sm">
      <table className="data">
        <caption className="visually-hidden">Permissions of the security role</caption>
        <thead>
          <tr>
            <th scope="col">Permission</th>
            {roleLevels.map((level) => (
              <th scope="col" key={level}>
                {level}
              </th>
            ))}
            <th scope="col">Needed for</th>
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row) => (
            <Row
              key={cellName(row)}
              row={row}
              table={table}
              excess={excesses.find(({ cell }) => cell === cellName(row))}
            />
          ))}
        </tbody>
      </table>
      <div className="actions">
        <CopyButton text={roleText(table)} label="Copy the table" />
      </div>
      {table.later.length > 0 && (
        <Text size="sm">
          Add these only if the connection test names them as missing: {laterRights(table.later).join("; ")}.
        </Text>
      )}
      <Others excesses={others} />
    </Stack>
  );
}

function Row({ row, table, excess }: { row: RoleRow; table: Table; excess?: Excess }) {
  return (
    <tr>
      <th scope="row" className="block">
        {cellName(row)}
        {row.tables.length > 0 && (
          <Text size="sm" fw={400}>
            Customise it to these tables only: {row.tables.join("; ")}
          </Text>
        )}
        {excess && (
          <Text size="sm" fw={400} c="dimmed">
            A setup guide also asks for {formatList(excess.levels)}. That is not needed
            {excess.features.length > 0 && `, unless for ${formatList(excess.features).toLowerCase()}`}.
          </Text>
        )}
      </th>
      {roleLevels.map((level) => {
        const value = levelOf(row, level);
        return (
          <td data-label={level} key={level}>
            {value === "None" ? value : <strong>{value}</strong>}
          </td>
        );
      })}
      <td data-label="Needed for" className="block">
        {purposesOf(row, table).map(({ feature, without }) => (
          <div key={feature}>
            {feature}
            {without.length > 0 && (
              <Text size="sm" c="dimmed">
                Optional. Without it: {without.join(" ")}
              </Text>
            )}
          </div>
        ))}
      </td>
    </tr>
  );
}

/** What the guides ask for and nothing here needs. */
function Others({ excesses }: { excesses: Excess[] }) {
  if (excesses.length === 0) return null;
  return (
    <details className="more">
      <summary>
        The public setup guides ask for {formatCount(excesses.length, "further permission")}. What you chose
        does not need them.
      </summary>
      <ul>
        {excesses.map(({ cell, levels, features }) => (
          <li key={cell}>
            {cell}: {formatList(levels)}
            {features.length > 0 && (
              <Text span c="dimmed" size="sm">
                {" "}
                (some of it for {formatList(features).toLowerCase()})
              </Text>
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}
