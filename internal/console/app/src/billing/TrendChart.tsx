import { formatNumber } from "../ui/format";
import { formatDay } from "./amounts";
import { type Point, pathOf, topOf } from "./trend";

const width = 640;
const height = 200;
const left = 44;
const bottom = 24;
const air = 10;

/** Two lines over days. What they show is in a table below for whoever cannot see them. */
export function TrendChart({ points, label }: { points: Point[]; label: string }) {
  const top = topOf(points);
  const step = (width - left - air) / Math.max(1, points.length - 1);
  const x = (at: number) => left + at * step;
  const y = (n: number) => height - bottom - (n / top) * (height - bottom - air);
  const ends = [points[0], points.at(-1)];
  return (
    <svg className="chart" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      {[0, top / 2, top].map((n) => (
        <g key={n}>
          <line className="grid" x1={left} x2={width - air} y1={y(n)} y2={y(n)} />
          <text x={left - 8} y={y(n) + 4} textAnchor="end">
            {formatNumber(n)}
          </text>
        </g>
      ))}
      <path
        className="billed"
        d={pathOf(
          points.map(({ billed }) => billed),
          x,
          y,
        )}
      />
      <path
        className="reported"
        d={pathOf(
          points.map(({ reported }) => reported),
          x,
          y,
        )}
      />
      {points.map(
        ({ day, reported }, at) =>
          reported !== undefined && (
            <circle
              key={day}
              className="reported"
              cx={x(at)}
              cy={y(reported)}
              r={points.length > 100 ? 1.5 : 3}
            >
              <title>{`${formatDay(day)}: ${formatNumber(reported)}`}</title>
            </circle>
          ),
      )}
      {ends.map(
        (end, at) =>
          end && (
            <text
              key={end.day}
              x={at === 0 ? left : width - air}
              y={height - 4}
              textAnchor={at === 0 ? "start" : "end"}
            >
              {formatDay(end.day)}
            </text>
          ),
      )}
    </svg>
  );
}
