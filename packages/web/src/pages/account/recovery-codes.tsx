import { Alert, Button, Code, Group, SimpleGrid, Stack } from '@mantine/core';
import { t } from '../../language/language.ts';
import { CopyText } from '../../ui/copy-text.tsx';
import { Icon } from '../../ui/icons.tsx';

/** Shown once: to be copied, saved or written down before they are gone. */
export function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const text = `${codes.join('\n')}\n`;
  return (
    <Stack>
      <Alert color="yellow" icon={<Icon name="alert" />} title={t('twoFactor.codes')}>
        {t('twoFactor.codesText')}
      </Alert>
      <SimpleGrid cols={2} spacing="xs" verticalSpacing={6} data-testid="recovery-codes">
        {codes.map((code) => (
          <Code key={code} block ta="center" fz="sm">
            {code}
          </Code>
        ))}
      </SimpleGrid>
      <Group justify="space-between">
        <Group gap="xs">
          <CopyText text={text} label={t('common.copy')} />
          <Button
            component="a"
            variant="default"
            size="xs"
            leftSection={<Icon name="download" size={16} />}
            href={`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`}
            download="longshore-recovery-codes.txt"
          >
            {t('common.download')}
          </Button>
        </Group>
        <Button onClick={onDone}>{t('twoFactor.kept')}</Button>
      </Group>
    </Stack>
  );
}
