import type { HistorySpan } from '@longshore/protocol';
import { Card, Container, SegmentedControl, SimpleGrid, Skeleton } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { t } from '../../language/language.ts';
import { statsHistoryQuery } from '../../queries/history-queries.ts';
import { nodesQuery } from '../../queries/node-queries.ts';
import { activeTasksQuery } from '../../queries/task-queries.ts';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { Attention } from './attention.tsx';
import { DashboardCharts } from './dashboard-charts.tsx';
import { Figures } from './figures.tsx';
import { NodesNow } from './nodes-now.tsx';

/** How the last hour or day went, and what needs a hand now. */
export function DashboardPage() {
  const { span } = useSearch({ from: '/admin' });
  const navigate = useNavigate();
  const history = useQuery({ ...statsHistoryQuery(span), placeholderData: keepPreviousData });
  const { data: nodes } = useQuery(nodesQuery);
  const { data: active } = useQuery(activeTasksQuery(true));
  return (
    <Container py="lg">
      <PageHeader title={t('nav.dashboard')} description={t('dashboard.description')}>
        <SegmentedControl
          aria-label={t('dashboard.span')}
          value={span}
          onChange={(value) => void navigate({ to: '/admin', search: { span: value as HistorySpan } })}
          data={(['hour', 'day'] as const).map((value) => ({ value, label: t(`dashboard.span.${value}`) }))}
        />
      </PageHeader>
      {history.error && !history.data && (
        <ErrorAlert error={history.error} onRetry={() => void history.refetch()} />
      )}
      <Attention nodes={nodes ?? []} history={history.data} />
      {history.data === undefined && history.error === null && (
        <SimpleGrid cols={{ base: 1, lg: 2 }} aria-hidden="true">
          <Skeleton h={260} radius="lg" />
          <Skeleton h={260} radius="lg" />
          <Skeleton h={260} radius="lg" />
          <Skeleton h={260} radius="lg" />
        </SimpleGrid>
      )}
      {history.data !== undefined && (
        <>
          <Figures history={history.data} active={active ?? []} />
          <DashboardCharts history={history.data} />
        </>
      )}
      <Card withBorder radius="lg" padding="lg" mt="md">
        <NodesNow nodes={nodes} />
      </Card>
    </Container>
  );
}
