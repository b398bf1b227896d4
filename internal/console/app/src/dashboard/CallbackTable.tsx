import { Badge, Text } from "@mantine/core";
import type { DataType } from "../api/types";
import { formatTime } from "../ui/format";
import { callbackWords, historyOf, type TypeCallback } from "./callbacks";

interface Props {
  callbacks: TypeCallback[];
  types: DataType[];
}

/** For which data types ConnectWise calls us, and where it once stopped. */
export function CallbackTable({ callbacks, types }: Props) {
  return (
    <table className="data">
      <thead>
        <tr>
          <th scope="col">Data type</th>
          <th scope="col">Callback</th>
          <th scope="col">Since</th>
          <th scope="col">What happened</th>
        </tr>
      </thead>
      <tbody>
        {callbacks.map((callback) => {
          const { label, color } = callbackWords[callback.state];
          return (
            <tr key={callback.type}>
              <th scope="row">{types.find((type) => type.type === callback.type)?.label ?? callback.type}</th>
              <td data-label="Callback">
                <Badge color={color} variant="light" size="lg" tt="none">
                  {label}
                </Badge>
              </td>
              <td data-label="Since">{callback.since && formatTime(callback.since)}</td>
              <td data-label="What happened">
                <Text size="sm">{historyOf(callback)}</Text>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
