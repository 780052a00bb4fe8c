import type { Node } from '@longshore/protocol';
import { Badge, Group, Progress, Skeleton, Stack, Table, Text, Title } from '@mantine/core';
import { formatBytes } from '../../format/format-bytes.ts';
import { t } from '../../language/language.ts';
import { LinkAnchor } from '../../ui/links.tsx';
import { usePhone } from '../../ui/use-phone.ts';
import { isStale, nodeStatus, sharesOf, statusColors } from '../nodes/node-look.ts';

/** Every node in a line: how it is, what it does now, and its share of what there was. */
export function NodesNow({ nodes }: { nodes: readonly Node[] | undefined }) {
  const isPhone = usePhone();
  const shares = sharesOf(nodes ?? []);
  const rows = (nodes ?? []).map((node) => ({
    node,
    percent: Math.round((shares.get(node.id) ?? 0) * 100),
  }));
  return (
    <Stack gap="xs">
      <Title order={2} fz={15}>
        {t('dashboard.nodes')}
      </Title>
      {nodes === undefined ? (
        <Skeleton h={120} />
      ) : isPhone ? (
        <Stack component="ul" className="plain-list" gap="md">
          {rows.map((row) => (
            <NodeLines key={row.node.id} {...row} />
          ))}
        </Stack>
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
              {rows.map((row) => (
                <NodeRow key={row.node.id} {...row} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Stack>
  );
}

type Shown = { node: Node; percent: number };

function NodeRow({ node, percent }: Shown) {
  const { busy, free } = wordsOf(node);
  return (
    <Table.Tr>
      <Table.Td>
        <Name node={node} />
      </Table.Td>
      <Table.Td>
        <Status node={node} />
      </Table.Td>
      <Table.Td className="tabular">{busy ?? '—'}</Table.Td>
      <Table.Td className="tabular">{free ?? '—'}</Table.Td>
      <Table.Td>
        <Share node={node} percent={percent} />
      </Table.Td>
    </Table.Tr>
  );
}

/** The same for a phone. */
function NodeLines({ node, percent }: Shown) {
  const { busy, free } = wordsOf(node);
  return (
    <Stack gap={4} component="li">
      <Group justify="space-between" wrap="nowrap">
        <Name node={node} />
        <Status node={node} />
      </Group>
      {busy !== null && (
        <Text size="xs" c="dimmed" className="tabular">
          {t('dashboard.busy')}: {busy}
          {free !== null && ` · ${t('node.disk')}: ${free}`}
        </Text>
      )}
      <Share node={node} percent={percent} />
    </Stack>
  );
}

/** Of a node that is heard no more nothing is known by now. */
function wordsOf(node: Node): { busy: string | null; free: string | null } {
  const vitals = isStale(node) ? null : node.vitals;
  if (vitals === null) return { busy: null, free: null };
  const { running, workers, queued, temp } = vitals;
  return {
    busy: t('dashboard.busyOf', { running, workers, queued }),
    free: temp ? t('node.free', { size: formatBytes(temp.freeBytes) }) : null,
  };
}

const Name = ({ node: { name } }: { node: Node }) => (
  <LinkAnchor to="/admin/nodes/$nodeId" params={{ nodeId: name }} size="sm" fw={550} className="breakable">
    {name}
  </LinkAnchor>
);

function Status({ node }: { node: Node }) {
  const status = nodeStatus(node);
  return (
    <Badge variant="dot" color={statusColors[status]} tt="none" radius="sm" style={{ flexShrink: 0 }}>
      {t(`health.${status}`)}
    </Badge>
  );
}

function Share({ node: { name }, percent }: Shown) {
  return (
    <Group gap="xs" wrap="nowrap">
      <Progress value={percent} size="md" flex={1} aria-label={t('dashboard.shareOf', { name })} />
      <Text size="xs" className="tabular" w={40} ta="right">
        {percent} %
      </Text>
    </Group>
  );
}
