import { accounts, type Session, type User } from '@longshore/protocol';
import { Button, Center, Divider, Paper, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ApiError } from '../api/api-error.ts';
import { call } from '../api/call.ts';
import { sessionOverQuery } from '../api/session-end.ts';
import { t } from '../language/language.ts';
import { signInMethodsQuery } from '../queries/account-queries.ts';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { Icon } from '../ui/icons.tsx';
import { Logo } from '../ui/logo.tsx';
import { uploadQueue } from '../uploads/upload-queue.ts';
import { CodeForm } from './code-form.tsx';
import { CredentialsForm } from './credentials-form.tsx';
import { forgetSignInError, readSignInError } from './sign-in-error.ts';
import { knowsPasskeys, signInByPasskey } from './web-authn.ts';

type Credentials = { user: string; password: string };

const startUrl = (url: string): string =>
  `${url}?returnTo=${encodeURIComponent(window.location.pathname + window.location.search)}`;

/**
 * Stands in place of every page while nobody is signed in, so that signing in returns to the place. `again` is whose
 * session has ended while they were here: the page behind is theirs.
 */
export function SignInPage({ again }: { again?: User }) {
  useDocumentTitle(`${t('signIn.title')} · Longshore`);
  const client = useQueryClient();
  /** What was right, once a code is asked for, too. */
  const [proved, setProved] = useState<Credentials | null>(null);
  const [sentBack, setSentBack] = useState(readSignInError);
  useEffect(forgetSignInError, []);
  const onSuccess = (session: Session): void => {
    if (again !== undefined) {
      // What is open behind belongs to one person.
      if (session.user.id !== again.id) window.location.reload();
      client.setQueryData(['me'], session.user);
      client.setQueryData(sessionOverQuery.queryKey, false);
      void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'session-over' });
      uploadQueue.signedIn();
      return;
    }
    // Nothing of another person may be left.
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'me' });
    client.setQueryData(['me'], session.user);
  };
  const login = useMutation({
    mutationFn: async (credentials: Credentials & { code?: string }): Promise<Session | null> => {
      try {
        return await call(accounts.login, { body: credentials });
      } catch (error) {
        // Not a failure: the password was right, and the rest is asked for.
        if (error instanceof ApiError && error.code === 'SECOND_FACTOR_REQUIRED') return null;
        throw error;
      }
    },
    onSuccess: (session, { user, password }) => {
      if (session === null) setProved({ user, password });
      else onSuccess(session);
    },
  });
  const passkey = useMutation({ mutationFn: signInByPasskey, onSuccess });
  const { data: methods } = useQuery(signInMethodsQuery);
  const error = login.error ?? passkey.error ?? sentBack;
  const forget = (): void => {
    setSentBack(null);
    login.reset();
    passkey.reset();
  };
  return (
    <Center
      mih={again === undefined ? '100%' : '90dvh'}
      p="md"
      component={again === undefined ? 'main' : 'div'}
    >
      <Stack w={400} maw="100%" gap="xl">
        <Center>
          <Logo size={40} />
        </Center>
        <Paper withBorder shadow="sm" radius="lg" p="xl">
          <Stack>
            <div>
              <Title order={1} fz={20}>
                {t(proved === null ? 'signIn.title' : 'signIn.secondTitle')}
              </Title>
              <Text size="sm" c="dimmed">
                {proved !== null
                  ? t('signIn.secondText', { name: proved.user })
                  : again === undefined
                    ? t('signIn.subtitle')
                    : t('signIn.againText', { name: again.name })}
              </Text>
            </div>
            {error && <ErrorAlert error={error} title={t('signIn.failed')} />}
            {proved === null ? (
              <CredentialsForm
                isPending={login.isPending}
                onSubmit={(credentials) => {
                  forget();
                  login.mutate(credentials);
                }}
              />
            ) : (
              <CodeForm
                isPending={login.isPending}
                onSubmit={(code) => login.mutate({ ...proved, code })}
                onBack={() => {
                  forget();
                  setProved(null);
                }}
              />
            )}
            {proved === null && (knowsPasskeys() || methods?.oidc) && (
              <>
                <Divider label={t('signIn.or')} />
                {methods?.oidc && (
                  <Button component="a" href={startUrl(methods.oidc.startUrl)} variant="default" fullWidth>
                    {t('signIn.provider', { name: methods.oidc.name })}
                  </Button>
                )}
                {knowsPasskeys() && (
                  <Button
                    variant="default"
                    fullWidth
                    leftSection={<Icon name="fingerprint" size={18} />}
                    loading={passkey.isPending}
                    onClick={() => {
                      forget();
                      passkey.mutate();
                    }}
                  >
                    {t('signIn.passkey')}
                  </Button>
                )}
              </>
            )}
          </Stack>
        </Paper>
        {again === undefined && (
          <Text size="xs" c="dimmed" ta="center">
            {t('signIn.firstRun')}
          </Text>
        )}
      </Stack>
    </Center>
  );
}
