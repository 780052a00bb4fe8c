import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { useTimeout } from '@mantine/hooks';
import { useState } from 'react';
import { t } from '../language/language.ts';
import { copyToClipboard } from './copy-to-clipboard.ts';
import { Icon } from './icons.tsx';
import { notifyError } from './notify.tsx';

const shownMs = 1_500;

/** Puts a text on the clipboard: an icon, or with `label` a button. */
export function CopyText({ text, label }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  const { start } = useTimeout(() => setCopied(false), shownMs);
  const copy = (): void => {
    copyToClipboard(text).then(() => {
      setCopied(true);
      start();
    }, notifyError);
  };
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
}
