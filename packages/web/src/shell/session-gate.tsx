import { Center, Loader, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { meQuery } from '../queries/account-queries.ts';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { Logo } from '../ui/logo.tsx';
import { Shell } from './shell.tsx';

const SignInPage = lazy(async () => ({ default: (await import('../session/sign-in-page.tsx')).SignInPage }));
const FirstPasswordPage = lazy(async () => ({
  default: (await import('../session/first-password-page.tsx')).FirstPasswordPage,
}));

/** The frame of every page, or what has to come before it. */
export function SessionGate() {
  const { data: me, error, refetch } = useQuery(meQuery);
  if (me === undefined) {
    return (
      <Center h="100%" p="md" component="main">
        <Stack align="center" w={420} maw="100%">
          <Logo size={40} />
          {error ? <ErrorAlert error={error} onRetry={() => void refetch()} /> : <Loader type="dots" />}
        </Stack>
      </Center>
    );
  }
  if (me !== null && !me.passwordChangeRequired) return <Shell me={me} />;
  return <Suspense>{me === null ? <SignInPage /> : <FirstPasswordPage me={me} />}</Suspense>;
}
