import { accounts, oidc } from '@longshore/protocol';
import { Button, Center, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDocumentTitle } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError } from '../api/api-error.ts';
import { call } from '../api/call.ts';
import { t } from '../language/language.ts';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { Logo } from '../ui/logo.tsx';

/** Not a failure: the password was right, and the form asks for the rest. */
const isCodeAsked = (error: Error): boolean =>
  error instanceof ApiError && error.code === 'SECOND_FACTOR_REQUIRED';

const startUrl = (url: string): string =>
  `${url}?returnTo=${encodeURIComponent(window.location.pathname + window.location.search)}`;

/** Stands in place of every page while nobody is signed in, so that signing in returns to the place. */
export function SignInPage() {
  useDocumentTitle(`${t('signIn.title')} · Longshore`);
  const client = useQueryClient();
  const form = useForm({ mode: 'uncontrolled', initialValues: { user: '', password: '', code: '' } });
  const [asksCode, setAsksCode] = useState(false);
  const login = useMutation({
    mutationFn: ({ code, ...body }: { user: string; password: string; code: string }) =>
      call(accounts.login, { body: asksCode ? { ...body, code } : body }),
    onError: (error) => {
      if (isCodeAsked(error)) setAsksCode(true);
    },
    onSuccess: (session) => {
      // Nothing of another person may be left.
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'me' });
      client.setQueryData(['me'], session.user);
    },
  });
  const { data: methods } = useQuery({
    queryKey: ['sign-in-methods'],
    queryFn: ({ signal }) => call(oidc.listSignInMethods, {}, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Center mih="100%" p="md" component="main">
      <Stack w={380} maw="100%" gap="xl">
        <Center>
          <Logo size={40} />
        </Center>
        <Paper withBorder shadow="sm" radius="lg" p="xl">
          <form onSubmit={form.onSubmit((values) => login.mutate(values))}>
            <Stack>
              <div>
                <Title order={1} fz={20}>
                  {t('signIn.title')}
                </Title>
                <Text size="sm" c="dimmed">
                  {t('signIn.subtitle')}
                </Text>
              </div>
              {login.error && !isCodeAsked(login.error) && (
                <ErrorAlert error={login.error} title={t('signIn.failed')} />
              )}
              <TextInput
                label={t('signIn.user')}
                autoComplete="username"
                autoFocus
                required
                withAsterisk={false}
                key={form.key('user')}
                {...form.getInputProps('user')}
              />
              <PasswordInput
                label={t('signIn.password')}
                autoComplete="current-password"
                required
                withAsterisk={false}
                key={form.key('password')}
                {...form.getInputProps('password')}
              />
              {asksCode && (
                <TextInput
                  label={t('signIn.code')}
                  description={t('signIn.codeHint')}
                  autoComplete="one-time-code"
                  autoFocus
                  required
                  minLength={6}
                  withAsterisk={false}
                  key={form.key('code')}
                  {...form.getInputProps('code')}
                />
              )}
              <Button type="submit" fullWidth loading={login.isPending} mt="xs">
                {t('signIn.submit')}
              </Button>
            </Stack>
          </form>
          {methods?.oidc && (
            <Button component="a" href={startUrl(methods.oidc.startUrl)} variant="default" fullWidth mt="md">
              {methods.oidc.name}
            </Button>
          )}
        </Paper>
        <Text size="xs" c="dimmed" ta="center">
          {t('signIn.firstRun')}
        </Text>
      </Stack>
    </Center>
  );
}
