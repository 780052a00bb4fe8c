import { Alert, Loader } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { t } from '../language/language.ts';
import { useConnection } from '../live/connection.ts';

const patienceMs = 700;

/** Says that what is shown may be old. A blink of the connection is not worth a word. */
export function ConnectionNote() {
  const state = useConnection();
  const [settled] = useDebouncedValue(state, patienceMs);
  if (state !== 'lost' || settled !== 'lost') return null;
  return (
    <Alert
      role="status"
      color="orange"
      variant="filled"
      radius={0}
      py={8}
      icon={<Loader size={14} color="white" />}
      title={t('shell.lost')}
    />
  );
}
