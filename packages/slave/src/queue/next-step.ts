import { AppError, type Progress } from '@longshore/protocol';
import { type BackoffPolicy, backoffMs } from '../timing/backoff.ts';
import type { AbortReason } from './abort-reason.ts';

/** How one execution of an attempt ended. */
export type Outcome =
  | { readonly type: 'done'; readonly progress: Progress }
  | { readonly type: 'stopped'; readonly reason: AbortReason }
  | { readonly type: 'failed'; readonly error: AppError };

export type NextStep =
  | { readonly type: 'complete'; readonly progress: Progress }
  | { readonly type: 'fail'; readonly error: AppError }
  | { readonly type: 'retry'; readonly error: AppError; readonly delayMs: number }
  | { readonly type: 'cancel' }
  | { readonly type: 'give-back' }
  | { readonly type: 'drop' };

export type RetryPolicy = {
  readonly maxRetries: number;
  readonly backoff: BackoffPolicy;
  readonly maxExecutionMs: number;
};

/**
 * What follows an execution. Only what this node may have caused is tried again here; the rest fails at once, and
 * the master decides whether another node shall try.
 */
export function nextStep(outcome: Outcome, tries: number, policy: RetryPolicy, random: number): NextStep {
  switch (outcome.type) {
    case 'done':
      return { type: 'complete', progress: outcome.progress };
    case 'failed': {
      const { error } = outcome;
      // The master refused something because the attempt is not ours any more.
      if (error.code === 'LEASE_LOST') return { type: 'drop' };
      if (!error.retryable || tries > policy.maxRetries) return { type: 'fail', error };
      return { type: 'retry', error, delayMs: backoffMs(policy.backoff, tries, random) };
    }
    case 'stopped':
      return afterStop(outcome.reason, policy);
    default:
      return outcome satisfies never;
  }
}

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
