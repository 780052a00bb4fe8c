import { ModalsProvider } from '@mantine/modals';
import { Notifications } from '@mantine/notifications';
import type { ReactNode } from 'react';
import { useLanguage } from '../language/switch-language.ts';

/** Dialogs and notifications, inside of the router: what they link to opens without leaving the page. */
export function Overlays({ children }: { children: ReactNode }) {
  return (
    <ModalsProvider key={useLanguage()}>
      <Notifications position="top-right" />
      {children}
    </ModalsProvider>
  );
}
