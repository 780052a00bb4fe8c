import type { Node, StatsHistory } from '@longshore/protocol';
import { Alert, List } from '@mantine/core';
import type { ReactNode } from 'react';
import { t } from '../../language/language.ts';
import { Icon } from '../../ui/icons.tsx';
import { LinkAnchor } from '../../ui/links.tsx';
import { nodeTroubles } from '../nodes/node-troubles.ts';

const hoursOf = (history: StatsHistory): number => (history.stepMs * history.tasks.atMs.length) / 3_600_000;

/** What an administrator should look at, each with the way there. Nothing when all is well. */
export function Attention({ nodes, history }: { nodes: readonly Node[]; history: StatsHistory | undefined }) {
  const failed = history?.tasks.failed.reduce((sum, count) => sum + count, 0) ?? 0;
  const items: [string, ReactNode][] = nodes.flatMap((node) =>
    nodeTroubles(node).map((trouble): [string, ReactNode] => [
      `${node.id} ${trouble}`,
      <LinkAnchor key="link" to="/admin/nodes/$nodeId" params={{ nodeId: node.name }} inherit>
        {trouble}
      </LinkAnchor>,
    ]),
  );
  if (history !== undefined && failed > 0) {
    const hours = Math.max(1, Math.round(hoursOf(history)));
    items.push([
      'failed',
      <LinkAnchor key="link" to="/admin/tasks" search={{ state: ['failed'], hours }} inherit>
        {t('attention.failing', { count: failed })}
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
