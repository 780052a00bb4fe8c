import {
  AppError,
  type Attempt,
  attemptRoute,
  type BlobAccess,
  type Source,
  SourcePage,
} from '@longshore/protocol';
import type { MasterLink } from '../report/master-link.ts';

/** A source, and for a file the way to a fresh ticket. */
export type FetchedSource = {
  readonly source: Source;
  readonly renew: (signal: AbortSignal) => Promise<BlobAccess>;
};

export type SourceTotals = { readonly totalBytes: number; readonly totalEntries: number };

/**
 * The sources of an attempt, page by page; the next page is asked for while this one is worked on. A few come with
 * the attempt itself. `onTotals` is called with the first page.
 */
export async function* fetchSources(options: {
  link: MasterLink;
  attempt: Attempt;
  signal: AbortSignal;
  onTotals?: (totals: SourceTotals) => void;
}): AsyncGenerator<FetchedSource> {
  const { link, attempt, signal } = options;
  const fetchPage = (cursor: string | null, pageSignal: AbortSignal): Promise<SourcePage> =>
    link.call({
      path: attemptRoute('sources', attempt),
      method: 'GET',
      ...(cursor === null ? {} : { query: { cursor } }),
      response: SourcePage,
      requestId: attempt.requestId,
      signal: pageSignal,
    });

  let cursor: string | null = null;
  let page = attempt.sources ?? (await fetchPage(cursor, signal));
  options.onTotals?.({ totalBytes: page.totalBytes, totalEntries: page.totalEntries });
  while (true) {
    const refetch = renewal(cursor, fetchPage);
    const next = page.next === null ? null : fetchPage(page.next, signal);
    // Awaited below; when the consumer stops early nobody does.
    next?.catch(() => undefined);
    for (const [at, source] of page.sources.entries()) {
      yield { source, renew: async (renewSignal) => accessAt(await refetch(renewSignal), at, source) };
    }
    if (next === null) return;
    cursor = page.next;
    page = await next;
  }
}

/** Fetches a page again, once for all who ask at the same time. */
function renewal(
  cursor: string | null,
  fetchPage: (cursor: string | null, signal: AbortSignal) => Promise<SourcePage>,
): (signal: AbortSignal) => Promise<SourcePage> {
  let pending: Promise<SourcePage> | undefined;
  return (signal) => {
    pending ??= fetchPage(cursor, signal).finally(() => {
      pending = undefined;
    });
    return pending;
  };
}

function accessAt(page: SourcePage, at: number, before: Source): BlobAccess {
  const now = page.sources[at];
  const same =
    now?.kind === 'file' &&
    before.kind === 'file' &&
    now.access.sha256 === before.access.sha256 &&
    now.path === before.path;
  if (!same) throw new AppError('SOURCE_CHANGED', `source "${before.path}" is not what it was`);
  return now.access;
}
