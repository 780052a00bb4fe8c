import { Card, Group, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** One matter of a page: what it is, in a word and a line, what can be done, and how it stands. */
export function SectionCard(card: {
  title: string;
  text?: string;
  badge?: ReactNode;
  action?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <Card withBorder radius="lg" padding="lg" component="section" aria-label={card.title}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div>
          <Group gap="xs">
            <Title order={2} fz={17}>
              {card.title}
            </Title>
            {card.badge}
          </Group>
          {card.text && (
            <Text size="sm" c="dimmed">
              {card.text}
            </Text>
          )}
        </div>
        {card.action}
      </Group>
      {card.children && <div style={{ marginTop: 'var(--mantine-spacing-md)' }}>{card.children}</div>}
    </Card>
  );
}
