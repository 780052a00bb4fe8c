import type { Output, RejectedEntry } from '@longshore/protocol';
import type { WorkEvent } from './executor.ts';

/**
 * Gathers what became of entries and reports it in batches: an entry counts as done, and is not done again after
 * a crash, only from its report on.
 */
export type EntryLedger = {
  addOutput(output: Output): Promise<void>;
  addRejected(entry: RejectedEntry): Promise<void>;
  /** Reports the rest. Throws what an earlier report in the background has failed with. */
  close(): Promise<void>;
};

const batchCount = 200;
const batchDelayMs = 250;

export function createEntryLedger(report: (event: WorkEvent) => Promise<void>): EntryLedger {
  let outputs: Output[] = [];
  let entries: RejectedEntry[] = [];
  let timer: NodeJS.Timeout | undefined;
  let reporting: Promise<unknown> = Promise.resolve();
  let failure: { error: unknown } | undefined;

  async function reportGathered(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const events: WorkEvent[] = [];
    if (outputs.length > 0) events.push({ type: 'outputs', outputs });
    if (entries.length > 0) events.push({ type: 'rejected', entries });
    outputs = [];
    entries = [];
    const done = Promise.all(events.map(report)).catch((error: unknown) => {
      failure ??= { error };
    });
    reporting = Promise.all([reporting, done]);
    await reporting;
    if (failure !== undefined) throw failure.error;
  }

  async function added(): Promise<void> {
    if (failure !== undefined) throw failure.error;
    if (outputs.length + entries.length >= batchCount) return await reportGathered();
    // What fails in the background is thrown by the next call.
    timer ??= setTimeout(() => void reportGathered().catch(() => undefined), batchDelayMs);
  }

  return {
    addOutput: (output) => {
      outputs.push(output);
      return added();
    },
    addRejected: (entry) => {
      entries.push(entry);
      return added();
    },
    close: reportGathered,
  };
}
