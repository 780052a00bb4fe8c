import type { Node } from '@longshore/protocol';
import { Badge, Group, Progress, Skeleton, Stack, Table, Text, Title } from '@mantine/core';
import { formatBytes } from '../../format/format-bytes.ts';
import { t } from '../../language/language.ts';
import { LinkAnchor } from '../../ui/links.tsx';
import { isStale, nodeStatus, sharesOf, statusColors } from '../nodes/node-look.ts';

/** Every node in a line: how it is, what it does now, and its share of what there was. */
export function NodesNow({ nodes }: { nodes: readonly Node[] | undefined }) {
  const shares = sharesOf(nodes ?? []);
  return (
    <Stack gap="xs">
      <Title order={2} fz={15}>
        {t('dashboard.nodes')}
      </Title>
      {nodes === undefined ? (
        <Skeleton h={120} />
      ) : (
        <Table.ScrollContainer minWidth={560}>
          <Table verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('node.name')}</Table.Th>
                <Table.Th>{t('filter.state')}</Table.Th>
                <Table.Th>{t('dashboard.busy')}</Table.Th>
                <Table.Th>{t('node.disk')}</Table.Th>
                <Table.Th w={180}>{t('node.share')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {nodes.map((node) => (
                <NodeRow key={node.id} node={node} percent={Math.round((shares.get(node.id) ?? 0) * 100)} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Stack>
  );
}

function NodeRow({ node, percent }: { node: Node; percent: number }) {
  const status = nodeStatus(node);
  // Of a node that is heard no more nothing is known by now.
  const vitals = isStale(node) ? null : node.vitals;
  return (
    <Table.Tr>
      <Table.Td>
        <LinkAnchor to="/admin/nodes/$nodeId" params={{ nodeId: node.name }} size="sm" fw={550}>
          {node.name}
        </LinkAnchor>
      </Table.Td>
      <Table.Td>
        <Badge variant="dot" color={statusColors[status]} tt="none" radius="sm">
          {t(`health.${status}`)}
        </Badge>
      </Table.Td>
      <Table.Td className="tabular">
        {vitals === null
          ? '—'
          : t('dashboard.busyOf', {
              running: vitals.running,
              workers: vitals.workers,
              queued: vitals.queued,
            })}
      </Table.Td>
      <Table.Td className="tabular">
        {vitals?.temp ? t('node.free', { size: formatBytes(vitals.temp.freeBytes) }) : '—'}
      </Table.Td>
      <Table.Td>
        <Group gap="xs" wrap="nowrap">
          <Progress
            value={percent}
            size="md"
            flex={1}
            aria-label={t('dashboard.shareOf', { name: node.name })}
          />
          <Text size="xs" className="tabular" w={40} ta="right">
            {percent} %
          </Text>
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}
