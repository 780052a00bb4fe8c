import type { Node } from '@longshore/protocol';
import { Group, Skeleton, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { t } from '../../language/language.ts';
import { nodesQuery } from '../../queries/node-queries.ts';
import { LinkAnchor } from '../../ui/links.tsx';
import { SectionCard } from '../../ui/section-card.tsx';
import { usePhone } from '../../ui/use-phone.ts';
import { isStale, nodeStatus } from '../nodes/node-look.ts';

/** The queue of each node in short; its whole configuration is on its own page. */
export function QueuesCard() {
  const { data: nodes } = useQuery(nodesQuery);
  const isPhone = usePhone();
  return (
    <SectionCard title={t('settings.queues')} text={t('settings.queuesText')}>
      {nodes === undefined ? (
        <Skeleton h={80} />
      ) : isPhone ? (
        <Stack component="ul" className="plain-list" gap="sm">
          {nodes.map((node) => (
            <li key={node.id}>
              <Group justify="space-between" wrap="nowrap">
                <Text size="sm" fw={550} className="breakable">
                  {node.name}
                </Text>
                <InForce node={node} />
              </Group>
              <Text size="xs" c="dimmed" className="tabular">
                {queueText(node)}
              </Text>
            </li>
          ))}
        </Stack>
      ) : (
        <Table.ScrollContainer minWidth={560}>
          <Table verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('nav.node')}</Table.Th>
                <Table.Th>{t('settings.workers')}</Table.Th>
                <Table.Th>{t('node.running')}</Table.Th>
                <Table.Th>{t('node.queued')}</Table.Th>
                <Table.Th>{t('settings.protocol')}</Table.Th>
                <Table.Th>{t('settings.configuration')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {nodes.map((node) => {
                const now = isStale(node) ? null : node.vitals;
                return (
                  <Table.Tr key={node.id}>
                    <Table.Td className="breakable">{node.name}</Table.Td>
                    <Table.Td>{node.vitals?.workers ?? '—'}</Table.Td>
                    <Table.Td>{now?.running ?? '—'}</Table.Td>
                    <Table.Td>{now?.queued ?? '—'}</Table.Td>
                    <Table.Td>{node.vitals?.protocol ?? '—'}</Table.Td>
                    <Table.Td>
                      <InForce node={node} />
                    </Table.Td>
                  </Table.Tr>
                );
              })}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </SectionCard>
  );
}

function InForce({ node }: { node: Node }) {
  return (
    <LinkAnchor
      to="/admin/nodes/$nodeId"
      params={{ nodeId: node.name }}
      search={{ tab: 'config' }}
      size="sm"
      style={{ flexShrink: 0 }}
    >
      {t('settings.inForce')}
    </LinkAnchor>
  );
}

function queueText(node: Node): string {
  const { vitals } = node;
  if (vitals === null || isStale(node)) return t(`health.${nodeStatus(node)}`);
  const { running, workers, queued } = vitals;
  return t('dashboard.busyOf', { running, workers, queued });
}
