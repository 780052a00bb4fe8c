/** Why work is stopped before its end: what is reported afterwards depends on it. */
export type AbortReason = 'user' | 'lease-lost' | 'shutdown' | 'timeout';
