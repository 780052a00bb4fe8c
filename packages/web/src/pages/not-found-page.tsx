import { Center, EmptyState } from '@mantine/core';
import { t } from '../language/language.ts';
import { Icon } from '../ui/icons.tsx';
import { LinkButton } from '../ui/links.tsx';

export function NotFoundPage() {
  return (
    <Center p="xl" mih="60dvh">
      <EmptyState
        icon={<Icon name="search" size={28} />}
        variant="light"
        title={t('notFound.title')}
        description={t('notFound.text')}
      >
        <EmptyState.Actions>
          <LinkButton to="/files" search={{ path: '/' }}>
            {t('notFound.files')}
          </LinkButton>
        </EmptyState.Actions>
      </EmptyState>
    </Center>
  );
}
