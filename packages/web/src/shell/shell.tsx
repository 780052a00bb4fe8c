import type { User } from '@longshore/protocol';
import { Anchor, AppShell, Burger, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { modals } from '@mantine/modals';
import { Outlet, useRouterState } from '@tanstack/react-router';
import { Suspense, useEffect } from 'react';
import { t } from '../language/language.ts';
import { useLive } from '../live/use-live.ts';
import { AdminsOnlyPage } from '../pages/admins-only-page.tsx';
import { Logo } from '../ui/logo.tsx';
import { PageSkeleton } from '../ui/page-skeleton.tsx';
import { UploadsPanel } from '../uploads/uploads-panel.tsx';
import { ConnectionNote } from './connection-note.tsx';
import { Navigation } from './navigation.tsx';
import { useTitle } from './use-title.ts';

export function Shell({ me }: { me: User }) {
  useLive(me);
  useTitle();
  const [opened, { toggle, close }] = useDisclosure(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  // The menu of a phone closes when it has led somewhere, and so does a dialog that belongs to the page before.
  useEffect(() => {
    close();
    modals.closeAll();
  }, [path]);
  const isForbidden = me.role !== 'admin' && /^\/admin(\/|$)/.test(path);
  return (
    <AppShell
      h="100%"
      navbar={{ width: 248, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      header={{ height: { base: 56, sm: 0 } }}
      padding={0}
    >
      <Anchor href="#content" className="skip-link">
        {t('shell.skip')}
      </Anchor>
      <AppShell.Header hiddenFrom="sm">
        <Group h="100%" px="md" justify="space-between">
          <Logo size={26} />
          <Burger opened={opened} onClick={toggle} size="sm" aria-label={t('shell.menu')} />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm">
        <Navigation me={me} />
      </AppShell.Navbar>
      <AppShell.Main id="content" h="100dvh" className="content">
        <ConnectionNote />
        <Suspense fallback={<PageSkeleton />}>{isForbidden ? <AdminsOnlyPage /> : <Outlet />}</Suspense>
      </AppShell.Main>
      <UploadsPanel />
    </AppShell>
  );
}
