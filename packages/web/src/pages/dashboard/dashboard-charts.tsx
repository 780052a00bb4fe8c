import type { StatsHistory } from '@longshore/protocol';
import { Card, SimpleGrid } from '@mantine/core';
import type { ReactNode } from 'react';
import { formatSpan } from '../../format/format-times.ts';
import { locale, t } from '../../language/language.ts';
import { sumNeighbours, valuesAt } from '../../ui/charts/scale.ts';
import { TimeChart } from '../../ui/charts/time-chart.tsx';
import { nodeColor } from '../nodes/node-look.ts';

const mostBars = 72;

const count = (value: number): string => value.toLocaleString(locale(), { maximumFractionDigits: 1 });
const percent = (share: number): string => `${Math.round(share * 100)} %`;

export function DashboardCharts({ history }: { history: StatsHistory }) {
  const { tasks, nodes } = history;
  const bars = sumNeighbours(tasks.atMs, [tasks.completed, tasks.failed, tasks.canceled], mostBars);
  const [completed = [], failed = [], canceled = []] = bars.lists;
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }}>
      <Framed>
        <TimeChart
          title={t('dashboard.chart.ended')}
          kind="bars"
          atMs={bars.atMs}
          unit="count"
          format={count}
          series={[
            { name: t('state.completed'), color: 'teal.6', values: completed },
            { name: t('state.failed'), color: 'red.6', values: failed },
            { name: t('state.canceled'), color: 'gray.5', values: canceled },
          ]}
        />
      </Framed>
      <Framed>
        <TimeChart
          title={t('dashboard.chart.queue')}
          kind="lines"
          atMs={tasks.atMs}
          unit="count"
          format={count}
          series={[
            { name: t('node.queued'), color: 'orange.6', values: tasks.queued },
            { name: t('node.running'), color: 'harbor.6', values: tasks.running },
          ]}
        />
      </Framed>
      <Framed>
        <TimeChart
          title={t('dashboard.chart.load')}
          kind="lines"
          atMs={tasks.atMs}
          unit="share"
          atLeast={1}
          format={percent}
          series={nodes.map(({ name, atMs, load1, cores }, index) => ({
            name,
            color: nodeColor(index),
            values: valuesAt(
              tasks.atMs,
              atMs,
              load1.map((load, at) => (load === null ? null : load / (cores[at] ?? 1))),
            ),
          }))}
        />
      </Framed>
      <Framed>
        <TimeChart
          title={t('dashboard.chart.wait')}
          kind="lines"
          atMs={tasks.atMs}
          unit="ms"
          atLeast={1_000}
          format={(ms) => (ms === 0 ? '0' : formatSpan(ms))}
          series={[{ name: t('dashboard.wait'), color: 'grape.6', values: tasks.oldestWaitMs }]}
        />
      </Framed>
    </SimpleGrid>
  );
}

function Framed({ children }: { children: ReactNode }) {
  return (
    <Card withBorder radius="lg" padding="lg">
      {children}
    </Card>
  );
}
