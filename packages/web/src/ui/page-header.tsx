import { Group, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** The top of a page: what it is, in a word and a line, and what can be done. */
export function PageHeader(page: { title: string; description?: string; children?: ReactNode }) {
  return (
    <Group justify="space-between" align="flex-end" gap="sm" mb="lg">
      <Stack gap={2}>
        <Title order={1} fz={24} lh={1.25}>
          {page.title}
        </Title>
        {page.description && (
          <Text c="dimmed" size="sm">
            {page.description}
          </Text>
        )}
      </Stack>
      <Group gap="xs">{page.children}</Group>
    </Group>
  );
}
