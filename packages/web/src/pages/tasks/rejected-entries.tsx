import type { Task, TaskDetail } from '@longshore/protocol';
import { Button, Card, Code, Group, ScrollArea, Table, Text, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { t } from '../../language/language.ts';
import { messageOf } from '../../language/told.ts';
import { rejectedQuery } from '../../queries/task-queries.ts';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { openRetryDialog } from './retry-dialog.tsx';
import { isFinal } from './task-look.ts';

/** The API takes so many names of one archive. */
const maxRetried = 1000;

/** The ledger of what was not done. Of an extraction the entries can be tried again, and nothing else. */
export function RejectedEntries({ task, onRetried }: { task: TaskDetail; onRetried: (next: Task) => void }) {
  const query = useInfiniteQuery(rejectedQuery(task.id));
  const entries = query.data?.pages.flatMap((page) => page.entries) ?? [];
  const canRetry = task.kind === 'extract-archive' && isFinal(task) && task.rejectedEntries <= maxRetried;
  return (
    <Card withBorder radius="lg" padding="lg">
      <Group justify="space-between" mb="sm">
        <Title order={2} fz={17}>
          {t('rejected.title', { count: task.rejectedEntries })}
        </Title>
        {canRetry && (
          <Button
            size="xs"
            variant="light"
            leftSection={<Icon name="retry" size={14} />}
            onClick={() => openRetryDialog({ task, onlyRejected: true, onStarted: onRetried })}
          >
            {t('rejected.retry')}
          </Button>
        )}
      </Group>
      {query.error && <ErrorAlert error={query.error} />}
      <ScrollArea.Autosize
        mah={320}
        viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': t('rejected.list') }}
      >
        <Table verticalSpacing={6} stickyHeader>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('rejected.name')}</Table.Th>
              <Table.Th>{t('rejected.why')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {entries.map((entry) => (
              <Table.Tr key={`${entry.index} ${entry.name}`}>
                <Table.Td className="breakable">{entry.name}</Table.Td>
                <Table.Td>
                  <Code>{entry.code}</Code>{' '}
                  <Text span size="sm" className="breakable">
                    {messageOf(entry)}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea.Autosize>
      {query.hasNextPage && (
        <Button
          variant="subtle"
          mt="xs"
          onClick={() => void query.fetchNextPage()}
          loading={query.isFetchingNextPage}
        >
          {t('common.more')}
        </Button>
      )}
    </Card>
  );
}
