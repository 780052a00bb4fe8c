import { AppError, type ErrorCode } from '@longshore/protocol';
import type { WorkDone } from '../executors/executor.ts';
import { type BackoffPolicy, backoffMs } from '../timing/backoff.ts';
import type { AbortReason } from './abort-reason.ts';

/** How one execution of an attempt ended. */
export type Outcome =
  | ({ readonly type: 'done' } & WorkDone)
  | { readonly type: 'stopped'; readonly reason: AbortReason }
  | { readonly type: 'failed'; readonly error: AppError };

export type NextStep =
  | ({ readonly type: 'complete' } & WorkDone)
  | { readonly type: 'fail'; readonly error: AppError }
  | { readonly type: 'retry'; readonly error: AppError; readonly delayMs: number }
  /** The master was away. That is no fault of the work: it waits for the next heartbeat that is answered. */
  | { readonly type: 'await-master'; readonly error: AppError }
  | { readonly type: 'cancel' }
  | { readonly type: 'give-back' }
  | { readonly type: 'drop' };

export type RetryPolicy = {
  readonly maxRetries: number;
  readonly backoff: BackoffPolicy;
  readonly maxExecutionMs: number;
};

/** So often an attempt waits for its master without spending a try: one that answers heartbeats alone is no outage. */
const mostOutages = 10;

const masterIsAway: readonly ErrorCode[] = [
  'NODE_UNRESOLVABLE',
  'NODE_REFUSED',
  'NODE_TIMEOUT',
  'UNAVAILABLE',
];

/**
 * What follows an execution, the `tries`th that counts, after so many `outages`. Only what this node may have caused is tried again here; the rest fails at once, and
 * the master decides whether another node shall try.
 */
export function nextStep(
  outcome: Outcome,
  spent: { tries: number; outages: number },
  policy: RetryPolicy,
  random: number,
): NextStep {
  const { tries, outages } = spent;
  switch (outcome.type) {
    case 'done':
      return { ...outcome, type: 'complete' };
    case 'failed': {
      const { error } = outcome;
      // The master refused something because the attempt is not ours any more.
      if (error.code === 'LEASE_LOST') return { type: 'drop' };
      if (outages < mostOutages && isOutage(error)) return { type: 'await-master', error };
      if (!error.retryable || tries > policy.maxRetries) return { type: 'fail', error };
      return { type: 'retry', error, delayMs: backoffMs(policy.backoff, tries, random) };
    }
    case 'stopped':
      return afterStop(outcome.reason, policy);
    default:
      return outcome satisfies never;
  }
}

/** A transfer that failed because of its connection says so by its cause. */
const isOutage = (error: AppError): boolean =>
  masterIsAway.includes(error.code) || (error.cause instanceof AppError && isOutage(error.cause));

function afterStop(reason: AbortReason, policy: RetryPolicy): NextStep {
  switch (reason) {
    case 'user':
      return { type: 'cancel' };
    case 'lease-lost':
      return { type: 'drop' };
    case 'shutdown':
      return { type: 'give-back' };
    case 'timeout': {
      const seconds = policy.maxExecutionMs / 1000;
      const error = new AppError(
        'TASK_TIMEOUT',
        `stopped after ${seconds} s of execution (queue_slave_max_execution)`,
      );
      return { type: 'fail', error };
    }
    default:
      return reason satisfies never;
  }
}
