import type { HistorySpan } from '@longshore/protocol';

const minuteMs = 60_000;

/** How far back the history goes, and the stretches it is cut into: at most 60 and 288 rows for each node. */
export const spans: Record<HistorySpan, { readonly stepMs: number; readonly lengthMs: number }> = {
  hour: { stepMs: minuteMs, lengthMs: 60 * minuteMs },
  day: { stepMs: 5 * minuteMs, lengthMs: 24 * 60 * minuteMs },
};
