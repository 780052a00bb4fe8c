import { LogLine, maxLogLines } from '@longshore/protocol';
import { systemClock } from '@longshore/runtime';
import { expect, onTestFinished, test } from 'vitest';
import { openJournal } from '../journal/open-journal.ts';
import { sampleAttempt } from '../testing/sample-attempt.ts';
import { silentLog } from '../testing/silent-log.ts';
import { tempFolder } from '../testing/temp-folder.ts';
import { until } from '../testing/until.ts';
import { createAttemptLog, type NewLine } from './attempt-log.ts';
import { createAttemptReports } from './attempt-reports.ts';

function logged(write: (log: ReturnType<typeof createAttemptLog>) => void): NewLine[] {
  const lines: NewLine[] = [];
  write(createAttemptLog({ program: silentLog, nowMs: () => 7.4, write: (line) => lines.push(line) }));
  return lines;
}

test('T6 a line says nothing that is secret, and is no longer than a line', () => {
  const [line] = logged((log) =>
    log.info({ password: 'pa55', url: 'http://u:p@h/x?ticket=t', name: 'x'.repeat(9999), empty: null }, 'm'),
  );
  expect(line).toEqual({
    atMs: 7,
    level: 'info',
    message: 'm',
    fields: { password: '[redacted]', url: 'http://h/x', name: 'x'.repeat(256), empty: null },
  });
});

test('T6 a failure is told by its code and its reason', () => {
  const [line] = logged((log) =>
    log.failure('warn', { try: 2 }, new Error('http://h/?a=b broke'), 'try failed'),
  );
  expect(line).toMatchObject({
    level: 'warn',
    fields: { try: 2, code: 'INTERNAL', reason: 'http://h/ broke' },
  });
});

test('T6 half of a character at the end is not kept', () => {
  const [line] = logged((log) => log.info({ name: `${'x'.repeat(255)}😀` }, 'm'));
  expect(LogLine.parse({ ...line, number: 1 }).fields.name).toBe(`${'x'.repeat(255)}\ufffd`);
});

function reportsOf(folder: string) {
  const journal = openJournal(folder);
  let isOpen = true;
  const close = (): void => {
    if (isOpen) journal.close();
    isOpen = false;
  };
  onTestFinished(close);
  const reports = createAttemptReports({
    journal,
    clock: systemClock,
    log: silentLog,
    onReport: () => undefined,
  });
  const sent = () => journal.outbox.oldest('key', { count: 1000, bytes: 1e9 }).map(({ report }) => report);
  return { journal, reports, sent, close };
}

const line = (message: string): NewLine => ({ atMs: 1, level: 'info', message, fields: {} });

test('T6 lines travel with the next report, and are numbered on through a restart', async () => {
  const folder = tempFolder();
  const attempt = sampleAttempt();
  const held = { keyId: 'key', attempt };
  const first = reportsOf(folder);
  await first.journal.write(() => first.journal.attempts.insert('key', attempt));
  first.reports.log(held, line('one'));
  first.reports.log(held, line('two'));
  await first.reports.record(held, { type: 'started', try: 1 });
  first.close();
  const second = reportsOf(folder);
  second.reports.log(held, line('three'));
  await second.reports.record(held, { type: 'canceled' });
  expect(second.sent().map(({ log }) => log?.map(({ number, message }) => [number, message]))).toEqual([
    [
      [1, 'one'],
      [2, 'two'],
    ],
    [[3, 'three']],
  ]);
});

test('T6 a line of work that reports nothing goes with its progress', async () => {
  const attempt = sampleAttempt();
  const held = { keyId: 'key', attempt };
  const { journal, reports, sent } = reportsOf(tempFolder());
  await journal.write(() => journal.attempts.insert('key', attempt));
  const progress = {
    phase: 'working',
    bytesDone: 5,
    bytesTotal: 9,
    entriesDone: 0,
    entriesTotal: 1,
  } as const;
  reports.progress(held, progress);
  reports.log(held, line('quiet'));
  await until('a report is in the journal', () => sent().length > 0);
  expect(sent()).toMatchObject([
    { event: { type: 'progress', progress }, log: [{ number: 1, message: 'quiet' }] },
  ]);
});

test('T6 of too many lines the oldest are dropped, and their numbers are missing', async () => {
  const attempt = sampleAttempt();
  const held = { keyId: 'key', attempt };
  const { journal, reports, sent } = reportsOf(tempFolder());
  await journal.write(() => journal.attempts.insert('key', attempt));
  for (let n = 1; n <= maxLogLines + 5; n += 1) reports.log(held, line(`line ${n}`));
  await reports.record(held, { type: 'canceled' });
  const log = sent()[0]?.log ?? [];
  expect(log).toHaveLength(maxLogLines);
  expect(log[0]).toMatchObject({ number: 6, message: 'line 6' });
  expect(log.at(-1)).toMatchObject({ number: maxLogLines + 5 });
});

test('T6 nothing is said any more about an attempt that was dropped', async () => {
  const attempt = sampleAttempt();
  const held = { keyId: 'key', attempt };
  const { journal, reports, sent } = reportsOf(tempFolder());
  await journal.write(() => journal.attempts.insert('key', attempt));
  reports.log(held, line('one'));
  await reports.drop(attempt);
  await reports.record(held, { type: 'started', try: 1 });
  expect(sent()).toEqual([]);
});
