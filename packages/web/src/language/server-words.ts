import type { AttemptEvent, Evidence, Placement, Task, Waiting } from '@longshore/protocol';
import type { HintCode } from './messages/hint-codes.ts';

/**
 * What the master tells in English, said in another language by its code or kind. English has none: there the sentence
 * of the master is shown, as everywhere else where it tells more than this version of the page knows.
 */
export type ServerWords = {
  /** A sentence by code; of forms between bars the first counts whose places the details of the error can fill. */
  readonly errors: Readonly<Record<HintCode, string>>;
  /** Of a task; null where the request is of a kind that is not known. */
  readonly title: (task: Pick<Task, 'kind' | 'request'>) => string | null;
  readonly placement: (placement: Placement) => string;
  readonly waiting: (waiting: Waiting) => string;
  /** Null for a kind that is not known. */
  readonly event: (event: AttemptEvent) => string | null;
  readonly evidence: (seen: Evidence) => string;
};
