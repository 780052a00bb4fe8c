import type { Node } from '@longshore/protocol';
import { Group, Progress, Skeleton, Stack, Text } from '@mantine/core';
import { t } from '../../language/language.ts';
import { LinkAnchor } from '../../ui/links.tsx';
import { nodeStatus, sharesOf, statusColors } from '../nodes/node-look.ts';

/** Every node in a line: what it does now, and its share of what there was. */
export function NodeLoads({ nodes }: { nodes: readonly Node[] | undefined }) {
  if (nodes === undefined) return <Skeleton h={220} />;
  const shares = sharesOf(nodes);
  return (
    <Stack gap="lg">
      {nodes.map((node) => {
        const busy = node.vitals === null ? 0 : (node.vitals.running / node.vitals.workers) * 100;
        return (
          <div key={node.id}>
            <Group justify="space-between" mb={4}>
              <LinkAnchor to="/admin/nodes/$nodeId" params={{ nodeId: node.name }} size="sm" fw={550}>
                {node.name}
              </LinkAnchor>
              <Text size="xs" c="dimmed" className="tabular">
                {t(`health.${nodeStatus(node)}`)} ·{' '}
                {t('dashboard.busy', {
                  running: node.vitals?.running ?? 0,
                  workers: node.vitals?.workers ?? 0,
                })}{' '}
                · {t('dashboard.share', { percent: Math.round((shares.get(node.id) ?? 0) * 100) })}
              </Text>
            </Group>
            <Progress
              value={busy}
              size="md"
              color={statusColors[nodeStatus(node)]}
              aria-label={t('dashboard.busyOf', { name: node.name })}
            />
          </div>
        );
      })}
    </Stack>
  );
}
