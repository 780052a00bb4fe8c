import { Button, Code, Group, Stack, Text } from '@mantine/core';
import { t } from '../../language/language.ts';
import { CopyText } from '../../ui/copy-text.tsx';
import { Icon } from '../../ui/icons.tsx';
import classes from './nodes.module.css';

/** The configuration of a slave, to copy or to keep as a file. Its secret is shown this once. */
export function ConfIni({ text }: { text: string }) {
  return (
    <Stack gap={6}>
      <Group justify="space-between">
        <Text size="sm" fw={600}>
          conf.ini
        </Text>
        <Group gap="xs">
          <CopyText text={text} label={t('common.copy')} />
          <Button
            size="xs"
            variant="default"
            leftSection={<Icon name="download" size={16} />}
            onClick={() => saveAs('conf.ini', text)}
          >
            {t('common.download')}
          </Button>
        </Group>
      </Group>
      <Code block className={classes.config} data-testid="conf-ini" tabIndex={0}>
        {text}
      </Code>
      {text.includes('[SSL]') && <Text size="sm">{t('newNode.certificate')}</Text>}
      <Text size="xs" c="orange">
        {t('newNode.secretOnce')}
      </Text>
    </Stack>
  );
}

/** Hands a text to the browser as a file. */
function saveAs(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
