import { Button, Group, List, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { t } from '../language/language.ts';

export type ConflictAnswer = 'skip' | 'rename' | 'overwrite';

const shownNames = 6;

/** What to do with names that are taken in a folder, asked once for all of them. Closing the question skips them. */
export function askConflict(folder: string, names: readonly string[]): Promise<ConflictAnswer> {
  const { promise, resolve } = Promise.withResolvers<ConflictAnswer>();
  const answer = (policy: ConflictAnswer): void => {
    resolve(policy);
    modals.close(id);
  };
  const id = modals.open({
    title: t('conflict.title', { count: names.length }),
    onClose: () => resolve('skip'),
    closeButtonProps: { 'aria-label': t('common.close') },
    children: (
      <Stack>
        <Text size="sm" className="breakable">
          {t('conflict.question', { folder, count: names.length })}
        </Text>
        <List size="sm" className="breakable">
          {names.slice(0, shownNames).map((name) => (
            <List.Item key={name}>{name}</List.Item>
          ))}
        </List>
        {names.length > shownNames && (
          <Text size="sm" c="dimmed">
            {t('conflict.more', { count: names.length - shownNames })}
          </Text>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={() => answer('skip')}>
            {t('conflict.skip')}
          </Button>
          <Button variant="light" color="red" onClick={() => answer('overwrite')}>
            {t('conflict.overwrite')}
          </Button>
          <Button onClick={() => answer('rename')} data-autofocus>
            {t('conflict.rename')}
          </Button>
        </Group>
      </Stack>
    ),
  });
  return promise;
}
