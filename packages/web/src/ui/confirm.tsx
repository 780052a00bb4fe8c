import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { t } from '../language/language.ts';

/** Asks before something that cannot be undone. */
export function confirm(question: {
  title: string;
  text: string;
  confirm: string;
  danger?: boolean;
  run: () => void;
}): void {
  modals.openConfirmModal({
    title: question.title,
    children: (
      <Text size="sm" className="breakable">
        {question.text}
      </Text>
    ),
    labels: { confirm: question.confirm, cancel: t('common.cancel') },
    // Enter says yes; the cross would have the focus otherwise.
    confirmProps: { color: question.danger === false ? undefined : 'red', ...{ 'data-autofocus': true } },
    closeButtonProps: { 'aria-label': t('common.close') },
    onConfirm: question.run,
  });
}
