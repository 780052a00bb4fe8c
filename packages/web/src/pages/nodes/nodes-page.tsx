import { Card, Container, EmptyState, SimpleGrid, Skeleton, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { t } from '../../language/language.ts';
import { statsHistoryQuery } from '../../queries/history-queries.ts';
import { nodesQuery } from '../../queries/node-queries.ts';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { LinkButton } from '../../ui/links.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { NodeCard } from './node-card.tsx';
import { WorkShares } from './work-shares.tsx';

export function NodesPage() {
  const { data: nodes, error, refetch } = useQuery(nodesQuery);
  const { data: history } = useQuery(statsHistoryQuery('hour'));
  return (
    <Container py="lg">
      <PageHeader title={t('nav.nodes')} description={t('nodes.description')}>
        <LinkButton to="/admin/nodes/new" leftSection={<Icon name="plus" size={16} />}>
          {t('nodes.add')}
        </LinkButton>
      </PageHeader>
      {error && !nodes && <ErrorAlert error={error} onRetry={() => void refetch()} />}
      <Stack>
        {nodes && <WorkShares nodes={nodes} />}
        <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }}>
          {nodes === undefined && !error && (
            <>
              <Skeleton h={400} radius="lg" />
              <Skeleton h={400} radius="lg" />
            </>
          )}
          {nodes?.map((node) => (
            <NodeCard
              key={node.id}
              node={node}
              past={history?.nodes.find(({ nodeId }) => nodeId === node.id)}
            />
          ))}
          {nodes?.length === 1 && (
            <Card withBorder radius="lg" padding="lg">
              <EmptyState
                h="100%"
                variant="light"
                icon={<Icon name="server" size={28} />}
                title={t('nodes.alone.title')}
                description={t('nodes.alone.text')}
              >
                <EmptyState.Actions>
                  <LinkButton to="/admin/nodes/new">{t('nodes.add')}</LinkButton>
                </EmptyState.Actions>
              </EmptyState>
            </Card>
          )}
        </SimpleGrid>
      </Stack>
    </Container>
  );
}
