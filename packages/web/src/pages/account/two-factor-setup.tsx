import { security } from '@longshore/protocol';
import { Button, Code, Group, PasswordInput, PinInput, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { t } from '../../language/language.ts';
import { CopyText } from '../../ui/copy-text.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { QrCode } from './qr-code.tsx';
import { RecoveryCodes } from './recovery-codes.tsx';

/** Password, then the secret for the app and a first code of it, then the recovery codes. */
export function openTwoFactorSetup(): void {
  const id = modals.open({
    title: t('twoFactor.setup'),
    closeOnClickOutside: false,
    closeButtonProps: { 'aria-label': t('common.close') },
    children: <TwoFactorSetup onDone={() => modals.close(id)} />,
  });
}

function TwoFactorSetup({ onDone }: { onDone: () => void }) {
  const client = useQueryClient();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const start = useMutation({
    mutationFn: () => call(security.startTwoFactor, { body: { password } }),
    onSuccess: () => setPassword(''),
  });
  const confirm = useMutation({
    mutationFn: (typed: string) => call(security.confirmTwoFactor, { body: { code: typed } }),
    onSuccess: () => {
      for (const key of ['two-factor', 'me']) void client.invalidateQueries({ queryKey: [key] });
    },
    onError: () => setCode(''),
  });
  if (confirm.data) return <RecoveryCodes codes={confirm.data.recoveryCodes} onDone={onDone} />;
  if (start.data === undefined) {
    return (
      <form
        onSubmit={(event) => {
          event.preventDefault();
          start.mutate();
        }}
      >
        <Stack>
          {start.error && <ErrorAlert error={start.error} />}
          <Text size="sm">{t('twoFactor.setupText')}</Text>
          <PasswordInput
            label={t('password.current')}
            autoComplete="current-password"
            data-autofocus
            required
            withAsterisk={false}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Button type="submit" loading={start.isPending}>
            {t('twoFactor.next')}
          </Button>
        </Stack>
      </form>
    );
  }
  const { secret, uri } = start.data;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        confirm.mutate(code);
      }}
    >
      <Stack>
        <Text size="sm">{t('twoFactor.scan')}</Text>
        <Group justify="center">
          <QrCode text={uri} label={t('twoFactor.qr')} />
        </Group>
        <Text size="sm" c="dimmed">
          {t('twoFactor.byHand')}
        </Text>
        <Group gap="xs" justify="center" wrap="nowrap">
          <Code fz="sm" className="breakable" data-testid="totp-secret">
            {secret.replaceAll(/(.{4})(?=.)/g, '$1 ')}
          </Code>
          <CopyText text={secret} />
        </Group>
        {confirm.error && <ErrorAlert error={confirm.error} />}
        <Stack gap={6} align="center">
          <Text size="sm" fw={500} id="first-code">
            {t('twoFactor.firstCode')}
          </Text>
          <PinInput
            length={6}
            type="number"
            oneTimeCode
            autoFocus
            aria-label={t('signIn.code')}
            value={code}
            onChange={setCode}
            onComplete={(typed) => confirm.mutate(typed)}
          />
        </Stack>
        <Button type="submit" disabled={code.length < 6} loading={confirm.isPending}>
          {t('twoFactor.turnOn')}
        </Button>
      </Stack>
    </form>
  );
}
