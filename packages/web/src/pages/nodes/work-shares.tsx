import type { Node } from '@longshore/protocol';
import { ColorSwatch, Group, Progress, Text } from '@mantine/core';
import { t } from '../../language/language.ts';
import { SectionCard } from '../../ui/section-card.tsx';
import { nodeColor, sharesOf } from './node-look.ts';

/** How the work so far was shared out, at one glance. Nothing while there is only one node, or no work yet. */
export function WorkShares({ nodes }: { nodes: readonly Node[] }) {
  const shares = sharesOf(nodes);
  const parts = nodes.map((node, index) => ({
    ...node,
    color: nodeColor(index),
    percent: Math.round((shares.get(node.id) ?? 0) * 100),
  }));
  if (nodes.length < 2 || parts.every(({ percent }) => percent === 0)) return null;
  return (
    <SectionCard title={t('node.share')} text={t('node.sharesText')}>
      <Progress.Root size={18} radius="sm">
        {parts
          .filter(({ percent }) => percent > 0)
          .map(({ id, name, color, percent }) => (
            <Progress.Section
              key={id}
              value={percent}
              color={color}
              aria-label={t('dashboard.shareOf', { name })}
            />
          ))}
      </Progress.Root>
      <Group gap="lg" mt="sm" component="ul" className="plain-list" style={{ rowGap: 4 }}>
        {parts.map(({ id, name, color, percent, weight }) => (
          <Group key={id} gap={6} wrap="nowrap" component="li">
            <ColorSwatch
              size={10}
              color={`var(--mantine-color-${color.replace('.', '-')})`}
              withShadow={false}
            />
            <Text size="sm" className="tabular">
              {name}{' '}
              <Text span inherit fw={600}>
                {percent} %
              </Text>{' '}
              <Text span inherit c="dimmed">
                {t('node.weightOf', { weight })}
              </Text>
            </Text>
          </Group>
        ))}
      </Group>
    </SectionCard>
  );
}
