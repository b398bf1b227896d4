import { Text } from "@mantine/core";
import type { Discovery, Filter } from "../api/types";
import { choosesAll, filterLines } from "./categories";

/** A filter to read. */
export function FilterSummary({ filter, discovery }: { filter: Filter; discovery?: Discovery }) {
  if (choosesAll(filter)) return <Text>All companies are synced.</Text>;
  return (
    <dl className="facts">
      {filterLines(filter, discovery).map(([label, says]) => (
        <div key={label} className="pair">
          <dt>{label}</dt>
          <dd>{says}</dd>
        </div>
      ))}
    </dl>
  );
}
