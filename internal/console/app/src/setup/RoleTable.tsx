import { Stack, Text } from "@mantine/core";
import type { DataType } from "../api/types";
import { CopyButton } from "../ui/CopyButton";
import { roleRows, roleText } from "./roles";

/** Exactly the cells of a security role that the chosen data needs. */
export function RoleTable({ types, chosen }: { types: DataType[]; chosen: string[] }) {
  const rows = roleRows(types, chosen);
  if (rows.length === 0) return <Text>Choose something to sync to see what the role needs.</Text>;
  return (
    <Stack align="flex-start" gap="sm">
      <table className="data">
        <caption className="visually-hidden">Permissions of the security role</caption>
        <thead>
          <tr>
            <th scope="col">Permission</th>
            <th scope="col">Add</th>
            <th scope="col">Edit</th>
            <th scope="col">Delete</th>
            <th scope="col">Inquire</th>
            <th scope="col">Needed for</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ module, name, levels, neededFor }) => (
            <tr key={module + name}>
              <th scope="row">
                {module} &gt; {name}
              </th>
              <td data-label="Add">{levels.add}</td>
              <td data-label="Edit">{levels.edit}</td>
              <td data-label="Delete">{levels.delete}</td>
              <td data-label="Inquire">
                <strong>{levels.inquire}</strong>
              </td>
              <td data-label="Needed for">{neededFor.join(", ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <CopyButton text={roleText(rows)} label="Copy the table" />
    </Stack>
  );
}
