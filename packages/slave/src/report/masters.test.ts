import { Hello } from '@longshore/protocol';
import { generateSecret, type SigningKey, signingKey } from '@longshore/protocol/server';
import { createPeerClient, systemClock } from '@longshore/runtime';
import { expect, onTestFinished, test } from 'vitest';
import { attemptKey } from '../journal/attempt-key.ts';
import { openJournal } from '../journal/open-journal.ts';
import { fakeSecret, startFakeMaster } from '../testing/fake-master.ts';
import { sampleAttempt } from '../testing/sample-attempt.ts';
import { silentLog } from '../testing/silent-log.ts';
import { tempFolder } from '../testing/temp-folder.ts';
import { until } from '../testing/until.ts';
import { createAttemptReports } from './attempt-reports.ts';
import { createMasters } from './masters.ts';
import type { ReadVitals } from './node-vitals.ts';

/** One attempt of a master whose secret is about to be replaced, and what has become of it. */
async function holding(options: { keepWithoutKeyMs: number }) {
  const fresh = signingKey(generateSecret());
  const master = await startFakeMaster({ secret: fresh.secret });
  const old = signingKey(fakeSecret);
  const keys = new Map<string, SigningKey>([[old.keyId, old]]);
  const journal = openJournal(tempFolder());
  const peers = createPeerClient({ clock: systemClock, signatureTtlSeconds: 60 });
  const dropped: string[] = [];
  const reports = createAttemptReports({
    journal,
    clock: systemClock,
    log: silentLog,
    onReport: (keyId, when) => masters.wake(keyId, when),
  });
  const masters = createMasters({
    keys,
    journal,
    clock: systemClock,
    peers,
    reports,
    readVitals: (async () => ({})) as unknown as ReadVitals,
    bootId: crypto.randomUUID(),
    callbackTimeoutMs: 2000,
    keepWithoutKeyMs: options.keepWithoutKeyMs,
    log: silentLog,
    onLeaseLost: async (_keyId, ref) => void dropped.push(attemptKey(ref)),
    onHeartbeat: async () => undefined,
  });
  onTestFinished(async () => {
    await masters.close();
    peers.close();
    journal.close();
    await master.close();
  });
  const hello = Hello.parse({
    nodeId: crypto.randomUUID(),
    nodeName: 'n',
    masterId: crypto.randomUUID(),
    masterUrls: [master.url],
    heartbeatMs: 60_000,
  });
  await masters.hello(old, hello);
  const attempt = sampleAttempt();
  await journal.write(() => journal.attempts.insert(old.keyId, attempt));
  return { master, masters, reports, journal, keys, old, fresh, hello, attempt, dropped };
}

test('N8: the work of a secret that was replaced, and its reports, go over to the new one by the word of the master', async () => {
  const { master, masters, reports, journal, keys, old, fresh, attempt, dropped } = await holding({
    keepWithoutKeyMs: 60_000,
  });
  const held = { keyId: old.keyId, attempt };
  keys.delete(old.keyId);
  keys.set(fresh.keyId, fresh);
  masters.keyRemoved(old.keyId);
  expect((await masters.meet(fresh.keyId))?.keyId).toBe(fresh.keyId);
  expect(journal.attempts.held(fresh.keyId)).toHaveLength(1);
  await reports.record(held, { type: 'started', try: 1 });
  await until('the report arrived', () => master.eventsOf(attempt).length === 1);
  expect(dropped).toEqual([]);
});

test('N8: the work of a secret that was replaced while the master was away goes over with its next hello', async () => {
  const { master, masters, journal, keys, old, fresh, hello, dropped } = await holding({
    keepWithoutKeyMs: 60_000,
  });
  await master.close();
  keys.delete(old.keyId);
  keys.set(fresh.keyId, fresh);
  masters.keyRemoved(old.keyId);
  expect(await masters.meet(fresh.keyId)).toBeUndefined();
  await masters.hello(fresh, { ...hello, nodeName: 'renamed' });
  expect(masters.find(old.keyId)?.hello().nodeName).toBe('renamed');
  expect(journal.attempts.held(fresh.keyId)).toHaveLength(1);
  expect(dropped).toEqual([]);
});

test('N8: the work of a secret that was removed ends at once without another secret, and after a while with one', async () => {
  const alone = await holding({ keepWithoutKeyMs: 60_000 });
  alone.keys.delete(alone.old.keyId);
  alone.masters.keyRemoved(alone.old.keyId);
  await until('it is dropped', () => alone.dropped.length === 1);
  expect(alone.masters.find(alone.old.keyId)).toBeUndefined();

  const other = await holding({ keepWithoutKeyMs: 50 });
  const stranger = signingKey(generateSecret());
  other.keys.delete(other.old.keyId);
  other.keys.set(stranger.keyId, stranger);
  other.masters.keyRemoved(other.old.keyId);
  await until('it is dropped', () => other.dropped.length === 1);
  expect(other.masters.find(other.old.keyId)).toBeUndefined();
});
