import { AppError, type Progress } from '@longshore/protocol';
import { expect, test } from 'vitest';
import { nextStep } from './next-step.ts';

const policy = {
  maxRetries: 2,
  maxExecutionMs: 60_000,
  backoff: { delayMs: 1000, factor: 4, maxMs: 10_000 },
};
const progress: Progress = { phase: 'done', bytesDone: 1, bytesTotal: 1, entriesDone: 1, entriesTotal: 1 };
const failed = (code: 'TRANSFER_FAILED' | 'ARCHIVE_CORRUPT' | 'LEASE_LOST') =>
  ({ type: 'failed', error: new AppError(code, 'for a test') }) as const;
const stopped = (reason: 'user' | 'lease-lost' | 'shutdown' | 'timeout') =>
  ({ type: 'stopped', reason }) as const;

test.each([
  ['work that is done completes', { type: 'done', progress } as const, 1, { type: 'complete', progress }],
  ['a passing failure is tried again', failed('TRANSFER_FAILED'), 1, { type: 'retry', delayMs: 1000 }],
  ['the second try waits longer', failed('TRANSFER_FAILED'), 2, { type: 'retry', delayMs: 4000 }],
  [
    'after the last retry it fails',
    failed('TRANSFER_FAILED'),
    3,
    { type: 'fail', error: { code: 'TRANSFER_FAILED' } },
  ],
  [
    'a fault of the input fails at once',
    failed('ARCHIVE_CORRUPT'),
    1,
    { type: 'fail', error: { code: 'ARCHIVE_CORRUPT' } },
  ],
  ['a lease lost on the way is dropped', failed('LEASE_LOST'), 1, { type: 'drop' }],
  ['a cancel is reported', stopped('user'), 1, { type: 'cancel' }],
  ['a lost lease is not reported', stopped('lease-lost'), 1, { type: 'drop' }],
  ['a shutdown gives the work back', stopped('shutdown'), 1, { type: 'give-back' }],
  [
    'a timeout fails without another try',
    stopped('timeout'),
    1,
    { type: 'fail', error: { code: 'TASK_TIMEOUT' } },
  ],
])('%s', (_, outcome, tries, expected) => {
  expect(nextStep(outcome, { tries, outages: 0 }, policy, 0)).toMatchObject(expected);
});

test.each(['NODE_REFUSED', 'NODE_TIMEOUT', 'NODE_UNRESOLVABLE', 'UNAVAILABLE'] as const)(
  'A5 D2 %s from the master spends no try, and is not waited for without end',
  (code) => {
    const cause = new AppError(code, 'for a test');
    for (const error of [cause, new AppError('TRANSFER_FAILED', 'for a test', { cause })]) {
      const after = (outages: number) =>
        nextStep({ type: 'failed', error }, { tries: 3, outages }, policy, 0).type;
      expect([after(0), after(9), after(10)]).toEqual(['await-master', 'await-master', 'fail']);
    }
  },
);
