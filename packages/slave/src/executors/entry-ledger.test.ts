import type { Output, RejectedEntry } from '@longshore/protocol';
import { expect, test } from 'vitest';
import { until } from '../testing/until.ts';
import { createEntryLedger } from './entry-ledger.ts';
import type { WorkEvent } from './executor.ts';

const output = (index: number): Output => ({
  kind: 'folder',
  index,
  path: `f${index}`,
  modifiedAtMs: null,
  mode: null,
});
const rejected = (index: number): RejectedEntry => ({
  index,
  name: 'n',
  code: 'ENTRY_CORRUPT',
  message: 'm',
});

function ledger() {
  const reported: WorkEvent[] = [];
  const entries = createEntryLedger((event) => {
    reported.push(event);
    return Promise.resolve();
  });
  const indices = (): number[] =>
    reported.flatMap((event) =>
      (event.type === 'outputs' ? event.outputs : event.entries).map(({ index }) => index),
    );
  return { entries, reported, indices };
}

test('two hundred entries are one report, the rest is reported at the end', async () => {
  const { entries, reported, indices } = ledger();
  for (let index = 0; index < 450; index += 1) await entries.addOutput(output(index));
  await entries.close();
  expect(reported.map((event) => (event.type === 'outputs' ? event.outputs.length : 0))).toEqual([
    200, 200, 50,
  ]);
  expect(indices()).toEqual(Array.from({ length: 450 }, (_, index) => index));
});

test('a few entries are reported soon, without waiting for more', async () => {
  const { entries, reported } = ledger();
  await entries.addOutput(output(1));
  await entries.addRejected(rejected(2));
  await until('both are reported', () => reported.length === 2, 2000);
  expect(reported.map(({ type }) => type)).toEqual(['outputs', 'rejected']);
  await entries.close();
  expect(reported).toHaveLength(2);
});

test('a report that fails in the background fails the work', async () => {
  const entries = createEntryLedger(() => Promise.reject(new Error('the journal is full')));
  await entries.addOutput(output(1));
  await expect(entries.close()).rejects.toThrow('the journal is full');
  await expect(entries.addOutput(output(2))).rejects.toThrow('the journal is full');
});
