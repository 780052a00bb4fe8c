import { Center, EmptyState } from '@mantine/core';
import { t } from '../language/language.ts';
import { Icon } from '../ui/icons.tsx';
import { LinkButton } from '../ui/links.tsx';

/** In place of pages of the administration, for everybody else. */
export function AdminsOnlyPage() {
  return (
    <Center p="xl" mih="60dvh">
      <EmptyState
        icon={<Icon name="key" size={28} />}
        variant="light"
        title={t('adminsOnly.title')}
        description={t('adminsOnly.text')}
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
