import { ActionIcon, Box, Center, Group, Text, Title, Tooltip } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useId, useState } from 'react';
import { locale, t } from '../../language/language.ts';
import { Icon } from '../icons.tsx';
import { ChartTable } from './chart-table.tsx';
import classes from './charts.module.css';
import { type AxisUnit, axisTicks, linePieces, timeMarks } from './scale.ts';

export type Series = {
  name: string;
  /** A colour of the theme with its shade, such as `harbor.6`. */
  color: string;
  values: readonly (number | null)[];
};

export type TimeChartProps = {
  title: string;
  /** When each value was, oldest first. */
  atMs: readonly number[];
  series: readonly Series[];
  kind: 'lines' | 'bars';
  format: (value: number) => string;
  /** What the values are, for round numbers on the axis. */
  unit: AxisUnit;
  /** The least that the axis shows: 1 keeps a share from filling the chart when it is small. */
  atLeast?: number;
  height?: number;
};

const pixelsPerMark = 64;
const pad = { top: 8, right: 4, bottom: 22, left: 52 };
export const cssColor = (color: string): string => `var(--mantine-color-${color.replace('.', '-')})`;

/** Values over time, as lines or as bars that stand on each other; on request as a table. */
export function TimeChart(chart: TimeChartProps) {
  const { title, atMs, series, height = 190 } = chart;
  const [asTable, setAsTable] = useState(false);
  const titleId = useId();
  const isEmpty = series.every(({ values }) => values.every((value) => value === null));
  return (
    <Box component="section" aria-labelledby={titleId}>
      <Group justify="space-between" mb="xs" wrap="nowrap" align="flex-start">
        <Title order={2} fz={15} id={titleId}>
          {title}
        </Title>
        <Tooltip label={t(asTable ? 'chart.asChart' : 'chart.asTable')}>
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            onClick={() => setAsTable(!asTable)}
            aria-pressed={asTable}
            aria-label={t('chart.tableOf', { title })}
          >
            <Icon name={asTable ? 'gauge' : 'list'} size={15} />
          </ActionIcon>
        </Tooltip>
      </Group>
      {isEmpty ? (
        <Center h={height}>
          <Text size="sm" c="dimmed">
            {t(atMs.length === 0 ? 'chart.empty' : 'chart.none')}
          </Text>
        </Center>
      ) : asTable ? (
        <ChartTable {...chart} height={height} />
      ) : (
        <Drawing {...chart} height={height} />
      )}
      {!asTable && !isEmpty && series.length > 1 && (
        <Group gap="md" mt={6}>
          {series.map(({ name, color }) => (
            <Group key={name} gap={6} wrap="nowrap">
              <span className={classes.dot} style={{ background: cssColor(color) }} />
              <Text size="xs" c="dimmed">
                {name}
              </Text>
            </Group>
          ))}
        </Group>
      )}
    </Box>
  );
}

function Drawing(chart: TimeChartProps & { height: number }) {
  const { title, atMs, series, kind, format, height } = chart;
  const { ref, width } = useElementSize<HTMLDivElement>();
  const [at, setAt] = useState<number | null>(null);
  const plot = {
    width: Math.max(0, width - pad.left - pad.right),
    height: height - pad.top - pad.bottom,
  };
  const sums = atMs.map((_, index) => series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0));
  const highest =
    kind === 'bars'
      ? Math.max(0, ...sums)
      : Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const ticks = axisTicks(Math.max(highest, chart.atLeast ?? 0), chart.unit);
  const top = ticks.at(-1) ?? 1;
  const slot = plot.width / Math.max(1, atMs.length);
  const x = (index: number): number => pad.left + (index + 0.5) * slot;
  const y = (value: number): number => pad.top + plot.height * (1 - value / top);
  const point = (event: React.PointerEvent<SVGSVGElement>): void => {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left - pad.left;
    const index = Math.floor(left / slot);
    setAt(index >= 0 && index < atMs.length ? index : null);
  };
  const latest = series.map(({ name, values }) => {
    const value = values.at(-1);
    return `${name}: ${value === null || value === undefined ? '—' : format(value)}`;
  });
  return (
    <div ref={ref} className={classes.box} style={{ height }}>
      {width > 0 && (
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={`${title}. ${latest.join(', ')}`}
          onPointerMove={point}
          onPointerLeave={() => setAt(null)}
        >
          {ticks.map((tick) => (
            <g key={tick}>
              <line
                className={tick === 0 ? classes.base : classes.grid}
                x1={pad.left}
                x2={pad.left + plot.width}
                y1={y(tick)}
                y2={y(tick)}
              />
              <text className={classes.label} x={pad.left - 8} y={y(tick) + 4} textAnchor="end">
                {format(tick)}
              </text>
            </g>
          ))}
          {timeMarks(atMs, plot.width / pixelsPerMark).map((index) => (
            <text
              key={index}
              className={classes.label}
              x={Math.min(x(index), pad.left + plot.width - 14)}
              y={height - 4}
              textAnchor="middle"
            >
              {clock(atMs[index] ?? 0)}
            </text>
          ))}
          {kind === 'bars' ? (
            <Bars {...chart} x={x} y={y} slot={slot} />
          ) : (
            <Lines {...chart} x={x} y={y} base={y(0)} />
          )}
          {at !== null && (
            <line className={classes.cursor} x1={x(at)} x2={x(at)} y1={pad.top} y2={pad.top + plot.height} />
          )}
        </svg>
      )}
      {at !== null && (
        <div
          className={classes.tip}
          style={x(at) > width / 2 ? { right: width - x(at) + 10 } : { left: x(at) + 10 }}
        >
          <Text size="xs" fw={600} className="tabular">
            {clock(atMs[at] ?? 0)}
          </Text>
          {series.map(({ name, color, values }) => (
            <Group key={name} gap={6} wrap="nowrap">
              <span className={classes.dot} style={{ background: cssColor(color) }} />
              <Text size="xs" className="tabular">
                {name}: {values[at] === null || values[at] === undefined ? '—' : format(values[at])}
              </Text>
            </Group>
          ))}
        </div>
      )}
    </div>
  );
}

type Place = { x: (index: number) => number; y: (value: number) => number };

function Lines({ series, x, y, base }: TimeChartProps & Place & { base: number }) {
  return series.map(({ name, color, values }) =>
    linePieces(values.map((value, index) => (value === null ? null : { x: x(index), y: y(value) }))).map(
      (piece) => {
        const first = piece[0];
        const last = piece.at(-1);
        if (first === undefined || last === undefined) return null;
        const path = `M${piece.map((at) => `${at.x.toFixed(1)} ${at.y.toFixed(1)}`).join('L')}`;
        return (
          <g key={`${name} ${first.x}`} style={{ color: cssColor(color) }}>
            {series.length === 1 && (
              <path className={classes.area} d={`${path}L${last.x} ${base}L${first.x} ${base}Z`} />
            )}
            {piece.length === 1 ? (
              <circle className={classes.single} cx={first.x} cy={first.y} r={2} />
            ) : (
              <path className={classes.line} d={path} />
            )}
          </g>
        );
      },
    ),
  );
}

function Bars({ atMs, series, x, y, slot }: TimeChartProps & Place & { slot: number }) {
  const width = Math.max(1, slot * 0.72);
  return atMs.map((moment, index) => {
    let sum = 0;
    return (
      <g key={moment}>
        {series.map(({ name, color, values }) => {
          const value = values[index] ?? 0;
          const from = y(sum);
          sum += value;
          return value === 0 ? null : (
            <rect
              key={name}
              x={x(index) - width / 2}
              y={y(sum)}
              width={width}
              height={Math.max(0.5, from - y(sum))}
              rx={Math.min(2, width / 3)}
              style={{ fill: cssColor(color) }}
            />
          );
        })}
      </g>
    );
  });
}

export const clock = (atMs: number): string =>
  new Date(atMs).toLocaleTimeString(locale(), { hour: '2-digit', minute: '2-digit', hour12: false });
