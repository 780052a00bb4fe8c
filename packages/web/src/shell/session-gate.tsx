import { Center, Loader, Modal, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { sessionOverQuery } from '../api/session-end.ts';
import { t } from '../language/language.ts';
import { meQuery } from '../queries/account-queries.ts';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { Logo } from '../ui/logo.tsx';
import { Shell } from './shell.tsx';

const SignInPage = lazy(async () => ({ default: (await import('../session/sign-in-page.tsx')).SignInPage }));
const FirstPasswordPage = lazy(async () => ({
  default: (await import('../session/first-password-page.tsx')).FirstPasswordPage,
}));

/** Above dialogs and messages, which stay open behind it. */
const layer = 1_000;

/** The frame of every page, or what has to come before it. */
export function SessionGate() {
  const { data: me, error, refetch } = useQuery(meQuery);
  const { data: isOver } = useQuery(sessionOverQuery);
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
  if (me !== null && !me.passwordChangeRequired) {
    return (
      <>
        <div inert={isOver} style={{ height: '100%' }}>
          <Shell me={me} />
        </div>
        {isOver && (
          <Modal
            opened
            onClose={() => undefined}
            fullScreen
            zIndex={layer}
            title={t('signIn.again')}
            withCloseButton={false}
            closeOnEscape={false}
            transitionProps={{ duration: 0 }}
          >
            <Suspense>
              <SignInPage again={me} />
            </Suspense>
          </Modal>
        )}
      </>
    );
  }
  return <Suspense>{me === null ? <SignInPage /> : <FirstPasswordPage me={me} />}</Suspense>;
}
