import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { Card, Container, SimpleGrid, Skeleton, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { formatBytes } from '../../format/format-bytes.ts';
import { formatSpan } from '../../format/format-times.ts';
import { locale, t } from '../../language/language.ts';
import { nodesQuery } from '../../queries/node-queries.ts';
import { activeTasksQuery, dayTasksQuery } from '../../queries/task-queries.ts';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { useNow } from '../../ui/use-now.ts';
import { Attention } from './attention.tsx';
import { dayStatistics } from './day-statistics.ts';
import { NodeLoads } from './node-loads.tsx';

const refreshMs = 15_000;

/** How the last day went, and what needs a hand now. */
export function DashboardPage() {
  const day = useQuery({ ...dayTasksQuery, refetchInterval: refreshMs });
  const { data: nodes } = useQuery(nodesQuery);
  const { data: active } = useQuery(activeTasksQuery(true));
  const nowMs = useNow(refreshMs);
  const statistics = dayStatistics(day.data ?? [], nowMs);
  const queued = active?.filter((task) => task.state === 'queued').length ?? 0;
  const running = active?.filter((task) => task.state === 'running').length ?? 0;
  return (
    <Container size="xl" py="lg">
      <PageHeader title={t('nav.dashboard')} description={t('dashboard.description')} />
      {day.error && !day.data && <ErrorAlert error={day.error} onRetry={() => void day.refetch()} />}
      <Attention nodes={nodes ?? []} failing={statistics.failing} />
      <SimpleGrid cols={{ base: 2, md: 4 }} mb="md">
        <Figure
          label={t('dashboard.now')}
          value={String(running)}
          more={t('dashboard.queued', { count: queued })}
        />
        <Figure
          label={t('dashboard.success')}
          value={statistics.successShare === null ? '—' : `${Math.round(statistics.successShare * 100)} %`}
          more={t('dashboard.ended', { count: statistics.ended })}
        />
        <Figure
          label={t('dashboard.bytes')}
          value={formatBytes(statistics.bytes)}
          more={t('dashboard.lastDay')}
        />
        <Figure
          label={t('dashboard.wait')}
          value={statistics.medianWaitMs === null ? '—' : formatSpan(statistics.medianWaitMs)}
          more={t('dashboard.median')}
        />
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <Card withBorder radius="lg" padding="lg">
          <Title order={2} fz={15} mb="md">
            {t('dashboard.tasksPerHour')}
          </Title>
          {day.data === undefined ? (
            <Skeleton h={220} />
          ) : (
            <BarChart
              h={220}
              data={statistics.buckets.map((bucket) => ({
                hour: new Date(bucket.atMs).toLocaleTimeString(locale(), {
                  hour: '2-digit',
                  minute: '2-digit',
                }),
                [t('dashboard.ok')]: bucket.ok,
                [t('dashboard.failed')]: bucket.failed,
              }))}
              dataKey="hour"
              type="stacked"
              withLegend
              series={[
                { name: t('dashboard.ok'), color: 'harbor.6' },
                { name: t('dashboard.failed'), color: 'red.6' },
              ]}
            />
          )}
        </Card>
        <Card withBorder radius="lg" padding="lg">
          <Title order={2} fz={15} mb="md">
            {t('dashboard.nodes')}
          </Title>
          <NodeLoads nodes={nodes} />
        </Card>
      </SimpleGrid>
    </Container>
  );
}

function Figure({ label, value, more }: { label: string; value: string; more: string }) {
  return (
    <Card withBorder radius="lg" padding="lg">
      <Text size="xs" c="dimmed" fw={550}>
        {label}
      </Text>
      <Text fz={28} fw={680} lh={1.3} className="tabular">
        {value}
      </Text>
      <Text size="xs" c="dimmed">
        {more}
      </Text>
    </Card>
  );
}
