import { Button, Card, Container, EmptyState, Group, Skeleton, Stack } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { t } from '../../language/language.ts';
import { type AuditFilter, auditQuery } from '../../queries/audit-queries.ts';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { AuditFilters } from './audit-filters.tsx';
import { AuditRow } from './audit-row.tsx';

/** Who has changed what. */
export function AuditPage() {
  const filter = useSearch({ from: '/admin/audit' });
  const navigate = useNavigate({ from: '/admin/audit' });
  const list = useInfiniteQuery(auditQuery(filter));
  const entries = list.data?.pages.flatMap((page) => page.entries);
  const show = (search: AuditFilter): void => void navigate({ search });
  return (
    <Container py="lg">
      <PageHeader title={t('nav.audit')} description={t('audit.description')}>
        <Button
          variant="default"
          leftSection={<Icon name="refresh" size={16} />}
          loading={list.isRefetching}
          onClick={() => void list.refetch()}
        >
          {t('audit.refresh')}
        </Button>
      </PageHeader>
      <AuditFilters filter={filter} onChange={show} />
      {list.error && <ErrorAlert error={list.error} onRetry={() => void list.refetch()} />}
      {entries === undefined && !list.error && (
        <Stack gap="xs">
          {['a', 'b', 'c', 'd', 'e', 'f'].map((row) => (
            <Skeleton key={row} h={52} radius="md" />
          ))}
        </Stack>
      )}
      {entries?.length === 0 && (
        <EmptyState
          icon={<Icon name="clock" size={26} />}
          variant="light"
          title={t('audit.none')}
          description={t('audit.noneText')}
        />
      )}
      {entries && entries.length > 0 && (
        <Card withBorder radius="lg" padding={0} component="ul" m={0} style={{ listStyle: 'none' }}>
          {entries.map((entry) => (
            <AuditRow key={entry.id} entry={entry} onFilter={(change) => show({ ...filter, ...change })} />
          ))}
        </Card>
      )}
      {list.hasNextPage && (
        <Group justify="center" mt="md">
          <Button
            variant="default"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            {t('common.more')}
          </Button>
        </Group>
      )}
    </Container>
  );
}
