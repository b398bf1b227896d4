import { Text } from "@mantine/core";
import type { DataType, Expected, Preview } from "../api/types";
import { formatCount, formatList, formatNumber } from "../ui/format";

interface Props {
  preview: Preview;
  types: DataType[];
  /** How many companies ConnectWise has in all. */
  all?: number;
}

/** What a filter would bring, true to its word: exact, or "up to". */
export function PreviewResult({ preview, types, all }: Props) {
  const { companies, sample } = preview;
  const more = companies.n - sample.length;
  return (
    <div className="preview" role="status">
      <Text fw={600}>
        {companies.upTo && "Up to "}
        {formatCount(companies.n, "company matches", "companies match")}
        {all !== undefined && all !== companies.n && `, of ${formatNumber(all)}`}
      </Text>
      {sample.length > 0 && (
        <Text size="sm" c="dimmed">
          {more > 0 ? `For example ${formatList(sample)}` : formatList(sample)}
        </Text>
      )}
      <dl className="facts">
        {preview.types
          .filter((expected) => expected.type !== "companies")
          .map((expected) => (
            <Line key={expected.type} expected={expected} types={types} />
          ))}
      </dl>
    </div>
  );
}

function Line({ expected, types }: { expected: Expected; types: DataType[] }) {
  const label = types.find((type) => type.type === expected.type)?.label ?? expected.type;
  return (
    <>
      <dt>{label}</dt>
      <dd>{saysOf(expected)}</dd>
    </>
  );
}

function saysOf({ number, trouble }: Expected): string {
  if (number) return `${number.upTo ? "up to " : ""}${formatNumber(number.n)}`;
  return trouble ? `${trouble.message} ${trouble.remedy}` : "not counted";
}
