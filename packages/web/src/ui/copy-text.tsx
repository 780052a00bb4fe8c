import { ActionIcon, Button, CopyButton, Tooltip } from '@mantine/core';
import { t } from '../language/language.ts';
import { Icon } from './icons.tsx';

/** Puts a text on the clipboard: an icon, or with `label` a button. */
export function CopyText({ text, label }: { text: string; label?: string }) {
  return (
    <CopyButton value={text} timeout={1_500}>
      {({ copied, copy }) => {
        const icon = <Icon name={copied ? 'check' : 'copy'} size={16} />;
        const name = copied ? t('common.copied') : (label ?? t('common.copy'));
        if (label !== undefined) {
          return (
            <Button variant="default" size="xs" leftSection={icon} onClick={copy}>
              {name}
            </Button>
          );
        }
        return (
          <Tooltip label={name}>
            <ActionIcon variant="subtle" color="gray" onClick={copy} aria-label={name}>
              {icon}
            </ActionIcon>
          </Tooltip>
        );
      }}
    </CopyButton>
  );
}
