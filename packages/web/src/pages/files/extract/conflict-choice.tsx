import { Group, Radio } from '@mantine/core';
import { t } from '../../../language/language.ts';

export type ExtractConflict = 'rename' | 'overwrite' | 'fail';

/** What an extraction does with a name that is taken. */
export function ConflictChoice(choice: {
  value: ExtractConflict;
  onChange: (value: ExtractConflict) => void;
}) {
  return (
    <Radio.Group
      label={t('extract.conflict')}
      value={choice.value}
      onChange={(value) => choice.onChange(value as ExtractConflict)}
    >
      <Group gap="lg" mt={6}>
        {(['rename', 'overwrite', 'fail'] as const).map((value) => (
          <Radio key={value} value={value} label={t(`conflict.${value}`)} />
        ))}
      </Group>
    </Radio.Group>
  );
}
