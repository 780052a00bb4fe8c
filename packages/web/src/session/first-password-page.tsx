import { accounts, type User } from '@longshore/protocol';
import { Anchor, Center, Paper, Stack, Text, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { call } from '../api/call.ts';
import { t } from '../language/language.ts';
import { Logo } from '../ui/logo.tsx';
import { notifyDone, notifyError } from '../ui/notify.tsx';
import { PasswordForm } from './password-form.tsx';

/** After the first sign-in with a password that somebody else has chosen. */
export function FirstPasswordPage({ me }: { me: User }) {
  const client = useQueryClient();
  const leave = (): void => {
    call(accounts.logout, { body: {} }).then(() => client.setQueryData(['me'], null), notifyError);
  };
  return (
    <Center mih="100%" p="md" component="main">
      <Stack w={420} maw="100%" gap="xl">
        <Center>
          <Logo size={40} />
        </Center>
        <Paper withBorder shadow="sm" radius="lg" p="xl">
          <Title order={1} fz={20}>
            {t('firstRun.title', { name: me.name })}
          </Title>
          <Text size="sm" c="dimmed" mb="md">
            {t('firstRun.text')}
          </Text>
          <PasswordForm onDone={() => notifyDone(t('password.changed'))} />
        </Paper>
        <Anchor component="button" size="sm" onClick={leave}>
          {t('shell.signOut')}
        </Anchor>
      </Stack>
    </Center>
  );
}
