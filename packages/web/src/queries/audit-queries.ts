import { type AuditEntry, audit, settings } from '@longshore/protocol';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call } from '../api/call.ts';
import { describeSettings } from '../language/describe-settings.ts';
import { currentLanguage } from '../language/language.ts';

export type AuditFilter = {
  user?: string | undefined;
  object?: string | undefined;
  /** An action, or the beginning of several up to a dot. */
  action?: string | undefined;
  requestId?: string | undefined;
  /** Within this many hours. */
  hours?: number | undefined;
};

type AuditPage = { entries: AuditEntry[]; next: number | null };

const hourMs = 3_600_000;

export const auditQuery = ({ hours, ...filter }: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ['audit', { hours, ...filter }],
    queryFn: ({ pageParam, signal }): Promise<AuditPage> =>
      call(
        audit.listAudit,
        {
          query: {
            ...filter,
            ...(hours === undefined ? {} : { afterMs: Date.now() - hours * hourMs }),
            ...(pageParam === null ? {} : { cursor: pageParam }),
          },
        },
        { signal },
      ),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next,
    // There are no events of it, and whoever looks wants to see what has just been done.
    staleTime: 0,
  });

export const settingsQuery = () =>
  queryOptions({
    queryKey: ['settings', currentLanguage()],
    queryFn: async ({ signal }) =>
      describeSettings('master', (await call(settings.listSettings, {}, { signal })).settings),
  });
