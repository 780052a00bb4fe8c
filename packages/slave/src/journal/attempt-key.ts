import type { AttemptRef } from '@longshore/protocol';

/** An attempt as the key of a map, and as part of the names of its files. */
export const attemptKey = (ref: AttemptRef): string => `${ref.partId}.${ref.attempt}`;
