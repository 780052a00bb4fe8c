import { AppError, toAppError } from '@longshore/protocol';
import { redactUrls, startSpan } from '@longshore/runtime';
import { systemCodeOf, toSystemError } from '../errors/system-error.ts';
import type { Execute } from '../executors/executors.ts';
import { attemptKey } from '../journal/attempt-key.ts';
import type { TransferMeter } from '../metrics/slave-metrics.ts';
import type { AttemptLog } from '../report/attempt-log.ts';
import type { AttemptReports, HeldAttempt } from '../report/attempt-reports.ts';
import type { Masters } from '../report/masters.ts';
import type { TempFolders } from '../storage/temp-folders.ts';
import type { StoredOutputs } from '../transfer/stored-outputs.ts';
import type { AbortReason } from './abort-reason.ts';
import type { Outcome } from './next-step.ts';

export type ExecuteAttempt = (
  held: HeldAttempt,
  run: { tries: number; signal: AbortSignal; log: AttemptLog },
) => Promise<Outcome>;

/** Runs the executor of an attempt once and says how it ended. Resolves when the work has really ended. */
export function createExecuteAttempt(options: {
  masters: Pick<Masters, 'find'>;
  reports: AttemptReports;
  tempFolders: TempFolders;
  storedOutputs: StoredOutputs;
  meter: TransferMeter;
  execute: Execute;
}): ExecuteAttempt {
  const { masters, reports, tempFolders, storedOutputs, execute } = options;
  return async (held, { tries, signal, log }) => {
    const { attempt, keyId } = held;
    const span = startSpan({
      name: 'run attempt',
      parent: attempt.traceparent,
      attributes: {
        'longshore.task.id': attempt.taskId,
        'longshore.part.id': attempt.partId,
        'longshore.attempt': attempt.attempt,
        'longshore.try': tries,
        'longshore.work.kind': attempt.work.kind,
      },
    });
    const tempSpace = tempFolders.open(attemptKey(attempt));
    try {
      const link = masters.find(keyId);
      if (link === undefined)
        throw new AppError('UNAVAILABLE', 'the master of this attempt has not said hello');
      const done = await execute({
        attempt,
        link,
        signal,
        tempSpace,
        log,
        meter: {
          transferred: (moved) => {
            options.meter.transferred(moved);
            reports.transferred(held, moved);
          },
        },
        storedOutputs: () => storedOutputs.indices(attempt, link, { tries, signal }),
        findStored: (index) => storedOutputs.find(attempt, link, { index, signal }),
        progress: (state) => {
          if (!signal.aborted) reports.progress(held, state);
        },
        report: (event) => reports.record(held, event),
      });
      span.end();
      return { type: 'done', ...done };
    } catch (error) {
      if (signal.aborted) {
        const reason = signal.reason as AbortReason;
        span.end({ code: 'CANCELED', message: reason });
        return { type: 'stopped', reason };
      }
      const failure = systemCodeOf(error)?.startsWith('E')
        ? toSystemError(error, 'this node')
        : toAppError(error);
      // The queue says what follows from it; this is where its cause can still be seen.
      log.program.debug({ err: error, code: failure.code, try: tries }, 'execution failed');
      span.end({ code: failure.code, message: redactUrls(failure.message) });
      return { type: 'failed', error: failure };
    } finally {
      await tempSpace.releaseAll().catch((error: unknown) => {
        log.program.error({ err: error }, 'a temporary folder could not be deleted');
      });
    }
  };
}
