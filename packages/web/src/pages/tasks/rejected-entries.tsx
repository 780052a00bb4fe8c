import { exactPattern, type TaskDetail, tasks } from '@longshore/protocol';
import { Button, Card, Code, Group, ScrollArea, Table, Text, Title } from '@mantine/core';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { call } from '../../api/call.ts';
import { t } from '../../language/language.ts';
import { rejectedQuery } from '../../queries/task-queries.ts';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { notifyError } from '../../ui/notify.tsx';
import { notifyTask } from '../files/notify-task.tsx';

/** The ledger of what was not done. Of an extraction the entries can be tried again, and nothing else. */
export function RejectedEntries({ task }: { task: TaskDetail }) {
  const query = useInfiniteQuery(rejectedQuery(task.id));
  const entries = query.data?.pages.flatMap((page) => page.entries) ?? [];
  const again = useMutation({
    mutationFn: () =>
      retryThese(
        task,
        entries.map((entry) => entry.name),
      ),
    onSuccess: notifyTask,
    onError: notifyError,
  });
  return (
    <Card withBorder radius="lg" padding="lg">
      <Group justify="space-between" mb="sm">
        <Title order={2} fz={17}>
          {t('rejected.title', { count: task.rejectedEntries })}
        </Title>
        {task.kind === 'extract-archive' && (
          <Button
            size="xs"
            variant="light"
            onClick={() => again.mutate()}
            loading={again.isPending}
            disabled={entries.length === 0}
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
                    {entry.message}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea.Autosize>
      {query.hasNextPage && (
        <Button variant="subtle" mt="xs" onClick={() => void query.fetchNextPage()}>
          {t('common.more')}
        </Button>
      )}
    </Card>
  );
}

/** The request of the task, with nothing selected but these. */
const retryThese = (task: TaskDetail, names: string[]) =>
  call(tasks.submitTask, {
    body: {
      kind: 'extract-archive',
      source: String(task.request.source),
      destination: String(task.request.destination),
      encoding: typeof task.request.encoding === 'string' ? task.request.encoding : null,
      select: names.map(exactPattern),
      conflict: 'rename',
    },
  });
