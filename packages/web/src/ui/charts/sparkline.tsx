import classes from './charts.module.css';
import { linePieces } from './scale.ts';
import { cssColor } from './time-chart.tsx';

const size = { width: 120, height: 28 };

/** A line without numbers, beside a text that has them: only its form says something. */
export function Sparkline({ values, color }: { values: readonly (number | null)[]; color: string }) {
  const top = Math.max(1, ...values.map((value) => value ?? 0));
  const step = size.width / Math.max(1, values.length - 1);
  const points = values.map((value, index) =>
    value === null ? null : { x: index * step, y: 1 + (size.height - 2) * (1 - value / top) },
  );
  return (
    <svg
      className={classes.spark}
      viewBox={`0 0 ${size.width} ${size.height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      style={{ color: cssColor(color) }}
    >
      {linePieces(points).map((piece) => {
        const first = piece[0];
        const last = piece.at(-1);
        if (first === undefined || last === undefined) return null;
        const path = `M${piece.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}`;
        return (
          <g key={first.x}>
            <path
              className={classes.area}
              d={`${path}L${last.x} ${size.height}L${first.x} ${size.height}Z`}
            />
            <path className={classes.line} d={path} vectorEffect="non-scaling-stroke" />
          </g>
        );
      })}
    </svg>
  );
}
