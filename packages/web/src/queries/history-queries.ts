import { type HistorySpan, history } from '@longshore/protocol';
import { queryOptions } from '@tanstack/react-query';
import { call } from '../api/call.ts';

/** New values come by the minute. */
const refreshMs = 30_000;

export const statsHistoryQuery = (span: HistorySpan) =>
  queryOptions({
    queryKey: ['history', span],
    queryFn: ({ signal }) => call(history.statsHistory, { query: { span } }, { signal }),
    refetchInterval: refreshMs,
    staleTime: refreshMs / 2,
  });

export const nodeHistoryQuery = (id: string, span: HistorySpan) =>
  queryOptions({
    queryKey: ['history', span, id],
    queryFn: ({ signal }) => call(history.nodeHistory, { params: { id }, query: { span } }, { signal }),
    refetchInterval: refreshMs,
    staleTime: refreshMs / 2,
  });
