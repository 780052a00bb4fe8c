import { useDocumentTitle } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useRouterState } from '@tanstack/react-router';
import { t } from '../language/language.ts';
import type { MessageKey } from '../language/messages/messages.ts';
import { activeTasksQuery } from '../queries/task-queries.ts';

/** "(2) Files · Longshore" while two tasks of this person are under way. */
export function useTitle(): void {
  const titleKey = useRouterState({
    select: (state) => state.matches.findLast((match) => match.staticData.title)?.staticData.title,
  });
  const { data: active } = useQuery(activeTasksQuery(false));
  const count = active?.length ?? 0;
  const page = titleKey === undefined ? '' : `${t(titleKey)} · `;
  useDocumentTitle(`${count === 0 ? '' : `(${count}) `}${page}Longshore`);
}

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    /** What the page is called in the title of the tab. */
    title?: MessageKey;
  }
}
