import { Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { toApiError } from '../api/api-error.ts';
import { t } from '../language/language.ts';
import { hintOf, messageOf } from '../language/told.ts';
import { CopyText } from './copy-text.tsx';
import { Icon } from './icons.tsx';

export function notifyDone(message: string): void {
  notifications.show({ message, color: 'teal', icon: <Icon name="check" />, autoClose: 4_000 });
}

/** An error of something that was done on the page; stays until it is read. */
export function notifyError(thrown: unknown): void {
  const error = toApiError(thrown);
  if (error.isSignedOut) return;
  const hint = hintOf(error);
  notifications.show({
    color: 'red',
    icon: <Icon name="alert" />,
    title: error.code,
    autoClose: false,
    withCloseButton: true,
    closeButtonProps: { 'aria-label': t('common.close') },
    message: (
      <Stack gap={2} align="flex-start">
        <Text size="sm" className="breakable">
          {messageOf(error)}
        </Text>
        <Text size="sm" c="dimmed">
          {hint}
        </Text>
        <CopyText text={`${error.code}: ${error.message}\n${hint}\nrequest ${error.requestId ?? '-'}`} />
      </Stack>
    ),
  });
}
