import { Center, EmptyState, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Icon } from '../ui/icons.tsx';

/** In the place of something that is not there, with a way to where it may be. */
export function MissingPage(page: { title: string; text: string; children: ReactNode }) {
  return (
    <Center p="xl" mih="60dvh">
      <EmptyState
        icon={<Icon name="search" size={28} />}
        variant="light"
        title={
          <Title order={1} fz="inherit" lh="inherit">
            {page.title}
          </Title>
        }
        description={page.text}
      >
        <EmptyState.Actions>{page.children}</EmptyState.Actions>
      </EmptyState>
    </Center>
  );
}
