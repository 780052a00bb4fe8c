import { Skeleton, Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { t } from '../../language/language.ts';
import { nodesQuery } from '../../queries/node-queries.ts';
import { LinkAnchor } from '../../ui/links.tsx';
import { SectionCard } from '../../ui/section-card.tsx';
import { isStale } from '../nodes/node-look.ts';

/** The queue of each node in short; its whole configuration is on its own page. */
export function QueuesCard() {
  const { data: nodes } = useQuery(nodesQuery);
  return (
    <SectionCard title={t('settings.queues')} text={t('settings.queuesText')}>
      {nodes === undefined ? (
        <Skeleton h={80} />
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
                      <LinkAnchor
                        to="/admin/nodes/$nodeId"
                        params={{ nodeId: node.name }}
                        search={{ tab: 'config' }}
                        size="sm"
                      >
                        {t('settings.inForce')}
                      </LinkAnchor>
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
