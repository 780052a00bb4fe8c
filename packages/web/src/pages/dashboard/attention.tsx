import type { Node, Task } from '@longshore/protocol';
import { Alert, List } from '@mantine/core';
import type { ReactNode } from 'react';
import { formatBytes } from '../../format/format-bytes.ts';
import { formatSpan } from '../../format/format-times.ts';
import { t } from '../../language/language.ts';
import { Icon } from '../../ui/icons.tsx';
import { LinkAnchor } from '../../ui/links.tsx';
import { diskWarnShare, skewWarnMs } from '../nodes/node-look.ts';

/** What an administrator should look at, each with the way there. Nothing when all is well. */
export function Attention({ nodes, failing }: { nodes: readonly Node[]; failing: readonly Task[] }) {
  const items: [string, ReactNode][] = nodes.flatMap((node) =>
    troubles(node).map((trouble, index): [string, ReactNode] => [
      `${node.id} ${index}`,
      <LinkAnchor key="link" to="/admin/nodes/$nodeId" params={{ nodeId: node.name }} inherit>
        {trouble}
      </LinkAnchor>,
    ]),
  );
  if (failing.length > 0) {
    items.push([
      'failing',
      <LinkAnchor key="link" to="/admin/tasks" search={{ state: ['failed'], hours: 24 }} inherit>
        {t('attention.failing', { count: failing.length })}
      </LinkAnchor>,
    ]);
  }
  if (items.length === 0) return null;
  return (
    <Alert
      color="orange"
      variant="light"
      radius="lg"
      mb="md"
      icon={<Icon name="alert" />}
      title={t('attention.title')}
    >
      <List size="sm" spacing={4}>
        {items.map(([key, item]) => (
          <List.Item key={key}>{item}</List.Item>
        ))}
      </List>
    </Alert>
  );
}

function troubles(node: Node): string[] {
  const { name, vitals } = node;
  const found: string[] = [];
  if (node.enabled && node.health === 'never-seen') found.push(t('attention.neverSeen', { name }));
  if (node.enabled && (node.health === 'offline' || node.health === 'suspect')) {
    found.push(t('attention.offline', { name, span: formatSpan(node.lastHeartbeatAgeMs ?? 0) }));
  }
  if (node.rival !== null) found.push(t('attention.rival', { name }));
  if (node.skewMs !== null && Math.abs(node.skewMs) > skewWarnMs) {
    found.push(t('attention.skew', { name, span: formatSpan(Math.abs(node.skewMs)) }));
  }
  const disk = vitals?.temp;
  if (disk && disk.freeBytes < disk.totalBytes * diskWarnShare) {
    found.push(t('attention.disk', { name, size: formatBytes(disk.freeBytes) }));
  }
  return found;
}
