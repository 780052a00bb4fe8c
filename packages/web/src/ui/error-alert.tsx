import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { toApiError } from '../api/api-error.ts';
import { t } from '../language/language.ts';
import { hintOf, messageOf } from '../language/told.ts';
import { CopyText } from './copy-text.tsx';
import { Icon } from './icons.tsx';

type Shown = {
  code: string;
  message: string;
  hint: string;
  details?: Record<string, unknown>;
  requestId?: string | null;
};

/** What went wrong, with what, and what to do; with everything that a report needs on one click. */
export function ErrorAlert({
  error,
  onRetry,
  title,
}: {
  error: unknown;
  onRetry?: () => void;
  title?: string;
}) {
  return <ErrorNote info={toApiError(error)} {...(onRetry && { onRetry })} {...(title && { title })} />;
}

/** The same for an error that the API tells as data. */
export function ErrorNote({ info, onRetry, title }: { info: Shown; onRetry?: () => void; title?: string }) {
  const hint = hintOf(info);
  const report = [`${info.code}: ${info.message}`, hint, info.requestId && `request ${info.requestId}`]
    .filter(Boolean)
    .join('\n');
  return (
    <Alert color="red" variant="light" icon={<Icon name="alert" />} title={title ?? t('common.failed')}>
      <Stack gap={6}>
        <Text size="sm" fw={500} className="breakable">
          {messageOf(info)}
        </Text>
        <Text size="sm">{hint}</Text>
        <Group gap="xs" mt={2}>
          <Code>{info.code}</Code>
          <CopyText text={report} />
          {onRetry && (
            <Button size="compact-sm" variant="light" color="red" onClick={onRetry}>
              {t('common.retry')}
            </Button>
          )}
        </Group>
      </Stack>
    </Alert>
  );
}
