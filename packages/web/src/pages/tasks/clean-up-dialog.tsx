import { finalTaskStates } from '@longshore/protocol';
import { Button, Checkbox, Group, Select, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useState } from 'react';
import { t } from '../../language/language.ts';

type FinalState = (typeof finalTaskStates)[number];
export type CleanUp = { olderThanSeconds: number; states: FinalState[] };

const dayS = 86_400;
const ages = [0, 1, 7, 30] as const;

/** Which ended tasks are forgotten: how old, and how they have ended. */
export function openCleanUpDialog(ask: { text: string; run: (wish: CleanUp) => void }): void {
  const id = modals.open({
    title: t('tasks.cleanUp'),
    closeButtonProps: { 'aria-label': t('common.close') },
    children: <CleanUpForm text={ask.text} run={ask.run} onDone={() => modals.close(id)} />,
  });
}

function CleanUpForm(props: { text: string; run: (wish: CleanUp) => void; onDone: () => void }) {
  const [days, setDays] = useState('0');
  const [states, setStates] = useState<string[]>([...finalTaskStates]);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        props.run({ olderThanSeconds: Number(days) * dayS, states: states as FinalState[] });
        props.onDone();
      }}
    >
      <Stack>
        <Text size="sm">{props.text}</Text>
        <Select
          label={t('cleanUp.age')}
          value={days}
          onChange={(value) => setDays(value ?? '0')}
          allowDeselect={false}
          data={ages.map((age) => ({
            value: String(age),
            label: age === 0 ? t('cleanUp.any') : t('cleanUp.olderThan', { count: age }),
          }))}
        />
        <Checkbox.Group label={t('cleanUp.states')} value={states} onChange={setStates}>
          <Group mt="xs">
            {finalTaskStates.map((state) => (
              <Checkbox key={state} value={state} label={t(`state.${state}`)} />
            ))}
          </Group>
        </Checkbox.Group>
        <Group justify="flex-end">
          <Button variant="default" onClick={props.onDone}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" color="red" disabled={states.length === 0}>
            {t('tasks.cleanUp')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
