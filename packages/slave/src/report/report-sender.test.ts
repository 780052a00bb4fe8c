import type { Attempt, ReportEvent } from '@longshore/protocol';
import { signingKey } from '@longshore/protocol/server';
import { createPeerClient, systemClock } from '@longshore/runtime';
import { expect, onTestFinished, test } from 'vitest';
import { attemptKey } from '../journal/attempt-key.ts';
import { openJournal } from '../journal/open-journal.ts';
import { fakeSecret, startFakeMaster } from '../testing/fake-master.ts';
import { oneKey } from '../testing/one-key.ts';
import { sampleAttempt } from '../testing/sample-attempt.ts';
import { silentLog } from '../testing/silent-log.ts';
import { tempFolder } from '../testing/temp-folder.ts';
import { until } from '../testing/until.ts';
import { createAttemptReports } from './attempt-reports.ts';
import { createMasterLink } from './master-link.ts';
import { createReportSender } from './report-sender.ts';

const key = signingKey(fakeSecret);
const started: ReportEvent = { type: 'started', try: 1 };
const progress = { phase: 'working', bytesDone: 1, bytesTotal: 9, entriesDone: 0, entriesTotal: 1 } as const;
const folderOutput = (index: number) => ({
  type: 'outputs' as const,
  outputs: [{ kind: 'folder' as const, index, path: `f${index}`, modifiedAtMs: null, mode: null }],
});

/** A journal whose reports go to a real HTTP server on this machine. */
async function outbox(folder = tempFolder(), masterUrls?: string[]) {
  const master = await startFakeMaster();
  onTestFinished(() => master.close());
  const journal = openJournal(folder);
  const lost: string[] = [];
  const reports = createAttemptReports({
    journal,
    clock: systemClock,
    log: silentLog,
    onReport: (_keyId, when) => (when === 'now' ? sender.wake() : sender.wakeSoon()),
  });
  const peers = createPeerClient({ clock: systemClock, signatureTtlSeconds: 60 });
  const link = createMasterLink({
    key,
    peers,
    timeoutMs: 2000,
    ...oneKey,
    hello: {
      nodeId: crypto.randomUUID(),
      nodeName: 'n',
      masterId: crypto.randomUUID(),
      masterUrls: masterUrls === undefined ? [master.url] : [...masterUrls, master.url],
      heartbeatMs: 5000,
    } as Parameters<typeof createMasterLink>[0]['hello'],
  });
  const sender = createReportSender({
    bootId: crypto.randomUUID(),
    link,
    journal,
    reports,
    log: silentLog,
    onLeaseLost: async (ref) => {
      lost.push(attemptKey(ref));
      await reports.drop(ref);
    },
  });
  onTestFinished(async () => {
    await sender.close();
    peers.close();
    journal.close();
  });
  const take = async (attempt: Attempt = sampleAttempt()) => {
    await journal.write(() => journal.attempts.insert(key.keyId, attempt));
    return { keyId: key.keyId, attempt };
  };
  const sent = (): boolean => journal.outbox.isEmpty(key.keyId);
  return { master, journal, reports, take, sent, lost };
}

test('short work is told in one request: that it began, what it made, that it ended', async () => {
  const { master, reports, take, sent } = await outbox();
  let requests = 0;
  master.intercept = () => {
    requests += 1;
    return undefined;
  };
  const held = await take();
  reports.progress(held, progress);
  await Promise.all([
    reports.record(held, { type: 'started', try: 1 }),
    reports.record(held, folderOutput(0)),
    reports.record(held, { type: 'completed', progress }),
  ]);
  await until('everything is acknowledged', sent);
  expect(master.eventsOf(held.attempt).map(({ type }) => type)).toEqual(['started', 'outputs', 'completed']);
  expect(requests).toBe(1);
});

test('S3: reports arrive in order and are gone from the journal once acknowledged', async () => {
  const { master, reports, take, sent } = await outbox();
  const held = await take();
  await reports.record(held, { type: 'started', try: 1 });
  await Promise.all([1, 2, 3].map((index) => reports.record(held, folderOutput(index))));
  await reports.record(held, { type: 'completed', progress });
  await until('everything is acknowledged', sent);
  const sequences = master.reports.map(({ sequence }) => sequence);
  expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
  expect(master.eventsOf(held.attempt).map(({ type }) => type)).toEqual([
    'started',
    'outputs',
    'outputs',
    'outputs',
    'completed',
  ]);
});

test('S3: a report whose acknowledgement was lost is sent again under the same number', async () => {
  const { master, reports, take, sent } = await outbox();
  let losses = 3;
  master.intercept = async (c) => {
    if (!c.req.path.endsWith('/reports') || losses === 0) return undefined;
    losses -= 1;
    master.reports.push(...((await c.req.raw.clone().json()) as { reports: typeof master.reports }).reports);
    return c.text('lost on the way', 503);
  };
  const held = await take();
  await reports.record(held, { type: 'started', try: 1 });
  await reports.record(held, { type: 'canceled' });
  await until('everything is acknowledged', sent);
  expect(master.reports.length).toBeGreaterThanOrEqual(5);
  expect(master.eventsOf(held.attempt).map(({ type }) => type)).toEqual(['started', 'canceled']);
});

test('B9: reports wait for a master that is down, and go when it is back', async () => {
  const { master, reports, take, sent } = await outbox();
  let isDown = true;
  let refusals = 0;
  master.intercept = (c) => {
    if (!isDown) return undefined;
    refusals += 1;
    return c.text('no', 503);
  };
  const held = await take();
  await reports.record(held, { type: 'started', try: 1 });
  await until('two tries have failed', () => refusals >= 2);
  expect(sent()).toBe(false);
  isDown = false;
  await until('everything is acknowledged', sent);
  expect(master.eventsOf(held.attempt)).toEqual([started]);
});

test('an address that does not answer is passed over for one that does', async () => {
  const { reports, take, sent } = await outbox(undefined, ['http://127.0.0.1:9']);
  await reports.record(await take(), { type: 'started', try: 1 });
  await until('everything is acknowledged', sent);
});

test('T10: lease-lost stops the attempt and forgets its other reports', async () => {
  const { master, reports, take, sent, lost, journal } = await outbox();
  const [fenced, other] = [await take(), await take()];
  master.lost.add(fenced.attempt.partId);
  await reports.record(fenced, { type: 'started', try: 1 });
  await until('the attempt is lost', () => lost.length === 1);
  expect(lost).toEqual([attemptKey(fenced.attempt)]);
  await reports.record(fenced, folderOutput(1));
  await reports.record(other, { type: 'started', try: 1 });
  await until('everything is acknowledged', sent);
  expect(master.eventsOf(fenced.attempt)).toEqual([started]);
  expect(journal.attempts.held(key.keyId)).toEqual([{ partId: other.attempt.partId, attempt: 1 }]);
});

test('one report that the master cannot take costs its attempt, not the others', async () => {
  const { master, reports, take, sent, lost } = await outbox();
  const [bad, good] = [await take(), await take()];
  master.unreadable.add(bad.attempt.partId);
  await Promise.all([bad, good].map((held) => reports.record(held, { type: 'started', try: 1 })));
  await until('everything is settled', sent);
  expect(lost).toEqual([attemptKey(bad.attempt)]);
  expect(master.eventsOf(good.attempt)).toEqual([started]);
});

test('progress is sent at most twice a second, the latest wins, and never after the end', async () => {
  const { master, reports, take, sent } = await outbox();
  const held = await take();
  await reports.record(held, { type: 'started', try: 1 });
  const beganMs = performance.now();
  let bytesDone = 0;
  const ticking = setInterval(() => {
    bytesDone += 1;
    reports.progress(held, { ...progress, bytesDone });
  }, 1);
  onTestFinished(() => clearInterval(ticking));
  const progresses = () =>
    master.reports.flatMap(({ event }) => (event.type === 'progress' ? [event.progress.bytesDone] : []));
  await until('three progress reports arrived', () => progresses().length === 3);
  expect(performance.now() - beganMs).toBeGreaterThanOrEqual(990);
  expect(progresses()).toEqual(progresses().toSorted((a, b) => a - b));
  await reports.record(held, { type: 'completed', progress });
  clearInterval(ticking);
  await until('everything is acknowledged', sent);
  const later = await take();
  await reports.record(later, { type: 'started', try: 1 });
  await until('a later report arrived', () => master.eventsOf(later.attempt).length === 1);
  expect(master.eventsOf(held.attempt).at(-1)?.type).toBe('completed');
});

test('S3: reports of a process that was killed are sent by the next', async () => {
  const folder = tempFolder();
  const before = openJournal(folder);
  const attempt = sampleAttempt();
  await before.write(() => {
    before.attempts.insert(key.keyId, attempt);
    before.outbox.insert({ ref: attempt, sequence: 1, event: started });
  });
  before.close();
  const { master, sent } = await outbox(folder);
  await until('everything is acknowledged', sent);
  expect(master.eventsOf(attempt)).toEqual([started]);
});
