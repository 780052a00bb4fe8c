import type { HistorySpan, Node } from '@longshore/protocol';
import { SimpleGrid, Skeleton } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { formatBytes } from '../../format/format-bytes.ts';
import { formatSpan } from '../../format/format-times.ts';
import { locale, t } from '../../language/language.ts';
import { nodeHistoryQuery } from '../../queries/history-queries.ts';
import { TimeChart } from '../../ui/charts/time-chart.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';

const count = (value: number): string => value.toLocaleString(locale(), { maximumFractionDigits: 2 });

/** How a node was over the last hour or day. A gap is a time in which it was not there. */
export function NodeCharts({ node, span }: { node: Node; span: HistorySpan }) {
  const { data, error, refetch } = useQuery({
    ...nodeHistoryQuery(node.id, span),
    placeholderData: keepPreviousData,
  });
  if (error && !data) return <ErrorAlert error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Skeleton h={420} />;
  const { atMs, cores } = data;
  const used = (total: readonly (number | null)[], free: readonly (number | null)[]) =>
    total.map((bytes, index) => {
      const left = free[index] ?? null;
      return bytes === null || left === null ? null : bytes - left;
    });
  const chart = { atMs, kind: 'lines' as const, height: 150 };
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="xl">
      <TimeChart
        {...chart}
        title={t('node.chart.load')}
        unit="number"
        atLeast={Math.max(1, ...cores.map((value) => value ?? 0))}
        format={count}
        series={[{ name: t('node.load'), color: 'harbor.6', values: data.load1 }]}
      />
      <TimeChart
        {...chart}
        title={t('node.chart.parts')}
        unit="count"
        format={count}
        series={[
          { name: t('node.running'), color: 'harbor.6', values: data.running },
          { name: t('node.queued'), color: 'orange.6', values: data.queued },
        ]}
      />
      <TimeChart
        {...chart}
        title={t('node.chart.memory')}
        unit="bytes"
        atLeast={Math.max(1, ...data.memoryTotalBytes.map((value) => value ?? 0))}
        format={formatBytes}
        series={[
          {
            name: t('node.memory'),
            color: 'grape.6',
            values: used(data.memoryTotalBytes, data.memoryFreeBytes),
          },
        ]}
      />
      <TimeChart
        {...chart}
        title={t('node.chart.disk')}
        unit="bytes"
        format={formatBytes}
        series={[
          { name: t('node.disk'), color: 'teal.6', values: data.tempFreeBytes },
          ...(data.storeFreeBytes.some((bytes) => bytes !== null)
            ? [{ name: t('node.fullestStore'), color: 'indigo.6', values: data.storeFreeBytes }]
            : []),
        ]}
      />
      <TimeChart
        {...chart}
        title={t('node.chart.online')}
        unit="share"
        atLeast={1}
        format={(share) => `${Math.round(share * 100)} %`}
        series={[{ name: t('health.online'), color: 'teal.6', values: data.online }]}
      />
      <TimeChart
        {...chart}
        title={t('node.chart.skew')}
        unit="ms"
        atLeast={100}
        format={(ms) => (ms === 0 ? '0' : formatSpan(Math.abs(ms)))}
        series={[
          {
            name: t('node.chart.skew'),
            color: 'orange.6',
            values: data.skewMs.map((ms) => (ms === null ? null : Math.abs(ms))),
          },
        ]}
      />
    </SimpleGrid>
  );
}
