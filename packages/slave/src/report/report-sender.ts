import { AppError, type AttemptRef, masterRoutes, type Report, ReportVerdicts } from '@longshore/protocol';
import type { Logger } from '@longshore/runtime';
import type { Journal } from '../journal/open-journal.ts';
import type { OutboxRow } from '../journal/outbox-rows.ts';
import { backoffMs } from '../timing/backoff.ts';
import { createWakeSignal } from '../timing/wake-signal.ts';
import type { AttemptReports } from './attempt-reports.ts';
import type { MasterLink } from './master-link.ts';

/** Sends the reports of one master from the journal, one batch at a time and in order, until acknowledged. */
export type ReportSender = {
  /** There may be something to send. */
  wake(): void;
  /** There is something that may wait a moment for more. */
  wakeSoon(): void;
  /** The master was just heard of: ends a wait after failures. */
  retryNow(): void;
  /** Stops after the batch under way. What is not acknowledged stays in the journal. */
  close(): Promise<void>;
};

const batchLimits = { count: 400, bytes: 1024 * 1024 };
const retryPolicy = { delayMs: 200, factor: 2, maxMs: 15_000 };
const progressCheckMs = 100;
const longestSleepMs = 60_000;
/** Nobody notices this much, and short work is then told in one batch: that it began, what it made, that it ended. */
const gatherMs = 25;

export function createReportSender(options: {
  link: MasterLink;
  journal: Journal;
  reports: AttemptReports;
  bootId: string;
  log: Logger;
  onLeaseLost: (ref: AttemptRef) => Promise<void>;
}): ReportSender {
  const { link, journal, reports, log } = options;
  const something = createWakeSignal();
  const afterFailure = createWakeSignal();
  const stopped = new AbortController();
  let failures = 0;
  let gathering: NodeJS.Timeout | undefined;
  /** After a batch was refused as a whole, reports go one by one, to find the one at fault. */
  let oneByOne = false;

  function nextBatch(): { rows: readonly OutboxRow[]; progress: Report[] } {
    const rows = journal.outbox.oldest(link.keyId, oneByOne ? { count: 1, bytes: 0 } : batchLimits);
    // Progress must not overtake an older report of its attempt, so it goes only with or after the last of them.
    if (oneByOne || rows.length >= batchLimits.count || !journalIsRead(rows)) return { rows, progress: [] };
    const due = reports.dueProgress(link.isOwnKey);
    const sequences = journal.attempts.nextProgressSequences(due);
    const progress = due.flatMap(({ ref, progress: state, transferred }, at): Report[] => {
      const sequence = sequences[at];
      return sequence === undefined
        ? []
        : [{ ...ref, sequence, transferred, event: { type: 'progress', progress: state } }];
    });
    return { rows, progress: progress.slice(0, 500 - rows.length) };
  }

  const journalIsRead = (rows: readonly OutboxRow[]): boolean => {
    const last = rows.at(-1);
    return last === undefined || !journal.outbox.hasAfter(link.keyId, last.ordinal);
  };

  async function sendBatch(): Promise<'sent' | 'nothing'> {
    const { rows, progress } = nextBatch();
    const batch = [...rows.map((row) => row.report), ...progress];
    if (batch.length === 0) return 'nothing';
    const { verdicts } = await link.call({
      path: masterRoutes.reports,
      body: { bootId: options.bootId, reports: batch },
      response: ReportVerdicts,
      requestId: crypto.randomUUID(),
      signal: stopped.signal,
    });
    if (verdicts.length !== batch.length) {
      throw new AppError(
        'INTERNAL',
        `the master answered ${verdicts.length} verdicts to ${batch.length} reports`,
      );
    }
    const lost = batch.filter((_, at) => verdicts[at] === 'lease-lost');
    // One that is forgotten by a power failure is sent again, which changes nothing.
    await journal.note(({ outbox }) => outbox.remove(rows.map((row) => row.ordinal)));
    for (const { partId, attempt } of lost) await options.onLeaseLost({ partId, attempt });
    return 'sent';
  }

  /** A report that the master will never take: its attempt is given up, and the master gives the work away. */
  async function giveUpFirst(error: AppError): Promise<void> {
    const [first] = journal.outbox.oldest(link.keyId, { count: 1, bytes: 0 });
    if (first === undefined) return;
    const { partId, attempt, event } = first.report;
    log.error(
      { partId, attempt, event: event.type, err: error },
      'the master refuses a report, attempt given up',
    );
    await options.onLeaseLost({ partId, attempt });
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        const result = await sendBatch();
        if (failures > 0) log.info({ failures }, 'the master takes reports again');
        failures = 0;
        if (result === 'sent') {
          oneByOne = false;
          continue;
        }
        await something.sleep(reports.hasProgress(link.isOwnKey) ? progressCheckMs : longestSleepMs);
      } catch (error) {
        if (stopped.signal.aborted) return;
        if (error instanceof AppError && (error.code === 'BAD_REQUEST' || error.code === 'BODY_TOO_LARGE')) {
          if (oneByOne) await giveUpFirst(error);
          else oneByOne = true;
          continue;
        }
        failures += 1;
        const delayMs = backoffMs(retryPolicy, failures, Math.random());
        log.warn({ err: error, failures, delayMs }, 'reports could not be sent');
        await afterFailure.sleep(delayMs);
      }
    }
  }

  const running = run();
  return {
    wake: () => something.wake(),
    wakeSoon: () => {
      gathering ??= setTimeout(() => {
        gathering = undefined;
        something.wake();
      }, gatherMs);
    },
    retryNow: () => {
      if (failures > 0) afterFailure.wake();
    },
    close: async () => {
      stopped.abort('shutdown');
      clearTimeout(gathering);
      something.wake();
      afterFailure.wake();
      await running;
    },
  };
}
