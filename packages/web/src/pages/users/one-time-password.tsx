import { Alert, Button, Group, Stack } from '@mantine/core';
import { modals } from '@mantine/modals';
import { t } from '../../language/language.ts';
import { SecretText } from '../../ui/secret-text.tsx';

type Handed = { title: string; password: string };

/** A password that is handed over, and replaced at the first sign-in. */
export function OneTimePassword({ title, password, onDone }: Handed & { onDone: () => void }) {
  return (
    <Stack>
      <Alert color="teal" title={title}>
        {t('users.oneTime')}
      </Alert>
      <SecretText text={password} />
      <Group justify="flex-end">
        <Button onClick={onDone}>{t('common.close')}</Button>
      </Group>
    </Stack>
  );
}

export function openOneTimePassword(handed: Handed): void {
  const id = modals.open({
    title: t('users.newPassword'),
    closeOnClickOutside: false,
    closeButtonProps: { 'aria-label': t('common.close') },
    children: <OneTimePassword {...handed} onDone={() => modals.close(id)} />,
  });
}

const letters = 'abcdefghjkmnpqrstuvwxyz23456789';

/** Twenty letters and digits that cannot be mistaken for each other: 99 bits. */
export function generatePassword(): string {
  const words: string[] = [];
  for (let word = ''; words.length < 4; ) {
    const [byte = 0] = crypto.getRandomValues(new Uint8Array(1));
    // What is beyond the last whole round of the alphabet would favour its beginning.
    if (byte >= letters.length * 8) continue;
    word += letters[byte % letters.length];
    if (word.length === 5) {
      words.push(word);
      word = '';
    }
  }
  return words.join('-');
}
