import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Attempt, Work } from '@longshore/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { type FakeMaster, fakeSecret, startFakeMaster } from './testing/fake-master.ts';
import {
  writeConfIni as configuration,
  spawnSlave,
  startSlaveProgram as start,
} from './testing/slave-program.ts';
import { dispatch } from './testing/start-test-slave.ts';
import { tempFolder } from './testing/temp-folder.ts';
import { until } from './testing/until.ts';

const extract: Work = {
  kind: 'extract-archive',
  select: [],
  onUnsafe: 'skip',
  encoding: null,
  password: null,
  entryRange: null,
};
const createZip: Work = { kind: 'create-archive', format: 'zip', level: 'fast', password: null };

async function withMaster(lines = '') {
  const folder = tempFolder();
  configuration(folder, lines);
  const master = await startFakeMaster();
  onTestFinished(() => master.close());
  const slave = await start(folder);
  await master.hello(slave.url);
  return { folder, master, slave };
}

const types = (master: FakeMaster, attempt: Attempt): string[] =>
  master
    .eventsOf(attempt)
    .map(({ type }) => type)
    .filter((type) => type !== 'progress');
const ends = (master: FakeMaster, attempt: Attempt): string[] =>
  types(master, attempt).filter((type) => ['completed', 'failed', 'canceled', 'returned'].includes(type));

/** A zip of many files, made by the slave itself. */
async function makeZip(master: FakeMaster, url: string, files: ReadonlyMap<string, Buffer>): Promise<Buffer> {
  const attempt = master.attempt(createZip);
  master.setSources(
    attempt.partId,
    [...files].map(([path, content]) => master.addSource(path, content)),
  );
  await dispatch(url, attempt);
  await until('the zip is made', () => ends(master, attempt).length > 0);
  const output = master.outputsOf(attempt.partId).get(0);
  const zip = output?.kind === 'file' ? master.blobs.get(output.blobId) : undefined;
  if (zip === undefined) throw new Error('no zip was made');
  return zip;
}

const manyFiles = new Map(
  Array.from({ length: 600 }, (_, at) => [
    `f/${at}`,
    Buffer.alloc(300 + at, String.fromCharCode(65 + (at % 26))),
  ]),
);

test('S3: a kill in the middle of an extraction loses nothing and does nothing reported again', async () => {
  const { folder, master, slave } = await withMaster();
  const zip = await makeZip(master, slave.url, manyFiles);
  const attempt = master.attempt(extract);
  master.setSources(attempt.partId, [master.addSource('a.zip', zip)]);
  const before = master.blobs.size;
  let puts = 0;
  master.intercept = async (c) => {
    if (c.req.method !== 'PUT') return undefined;
    puts += 1;
    if (puts < 350) return undefined;
    // The rest hangs, so that the kill finds work under way and outputs that were reported.
    return new Promise<Response>(() => undefined);
  };
  await dispatch(slave.url, attempt);
  await until('some outputs are reported', () => puts >= 350 && master.outputsOf(attempt.partId).size >= 200);
  slave.child.kill('SIGKILL');
  await slave.exit;
  const reported = new Set(master.outputsOf(attempt.partId).keys());
  const blobsOfReported = new Map(master.outputsOf(attempt.partId));
  master.intercept = null;
  puts = 0;

  await start(folder);
  await until('the extraction is over', () => ends(master, attempt).length > 0);
  expect(ends(master, attempt)).toEqual(['completed']);
  const outputs = master.outputsOf(attempt.partId);
  expect(outputs.size).toBe(manyFiles.size);
  for (const output of outputs.values()) {
    if (output.kind !== 'file') continue;
    expect(master.blobs.get(output.blobId)?.equals(manyFiles.get(output.path) ?? Buffer.alloc(0))).toBe(true);
  }
  for (const index of reported) expect(outputs.get(index)).toEqual(blobsOfReported.get(index));
  expect(master.blobs.size - before).toBeLessThan(manyFiles.size * 2 - reported.size + 1);
});

test('S3: a kill in the middle of a compression ends in one whole archive', async () => {
  const { folder, master, slave } = await withMaster();
  const attempt = master.attempt(createZip);
  master.setSources(
    attempt.partId,
    [...manyFiles].map(([path, content]) => master.addSource(path, content)),
    100,
  );
  let reads = 0;
  master.intercept = (c) => {
    if (c.req.method !== 'GET' || !c.req.path.startsWith('/blobs')) return undefined;
    reads += 1;
    return reads < 300 ? undefined : new Promise<Response>(() => undefined);
  };
  await dispatch(slave.url, attempt);
  await until('half of the sources are read', () => reads >= 300);
  slave.child.kill('SIGKILL');
  await slave.exit;
  master.intercept = null;
  const again = await start(folder);
  await until('the compression is over', () => ends(master, attempt).length > 0);
  expect(types(master, attempt)).toEqual(['started', 'started', 'outputs', 'completed']);
  const output = master.outputsOf(attempt.partId).get(0);
  if (output?.kind !== 'file') return expect.unreachable();
  const check = master.attempt(extract);
  master.setSources(check.partId, [
    master.addSource('a.zip', master.blobs.get(output.blobId) ?? Buffer.alloc(0)),
  ]);
  await dispatch(again.url, check);
  await until('the check is over', () => ends(master, check).length > 0);
  expect(master.outputsOf(check.partId).size).toBe(manyFiles.size);
});

test('A2: after a restart an attempt that was given away in between is dropped', async () => {
  const { folder, master, slave } = await withMaster();
  const attempt = master.attempt(createZip);
  master.setSources(attempt.partId, [master.addSource('a', Buffer.from('a'))]);
  let reads = 0;
  master.intercept = (c) => {
    if (!c.req.path.startsWith('/blobs')) return undefined;
    reads += 1;
    return new Promise<Response>(() => undefined);
  };
  await dispatch(slave.url, attempt);
  await until('it runs', () => reads === 1);
  slave.child.kill('SIGKILL');
  await slave.exit;
  const { partId } = attempt;
  master.heartbeatAnswer = { lost: [{ partId, attempt: 1 }], canceled: [] };
  const beats = master.heartbeats.length;
  await start(folder);
  await until('it holds nothing', () =>
    master.heartbeats.slice(beats).some(({ holding }) => holding.length === 0),
  );
  expect(master.heartbeats[beats]?.holding).toEqual([{ partId, attempt: 1 }]);
  expect(reads).toBe(1);
  expect(types(master, attempt)).toEqual(['started']);
});

test('S4: SIGTERM lets running work end and exits with 0', async () => {
  const { folder, master, slave } = await withMaster();
  const attempt = master.attempt(createZip);
  master.setSources(attempt.partId, [master.addSource('a', Buffer.from('a'))]);
  const gate = Promise.withResolvers<void>();
  let isRead = false;
  master.intercept = async (c) => {
    if (c.req.method !== 'GET' || !c.req.path.startsWith('/blobs')) return undefined;
    isRead = true;
    await gate.promise;
    return undefined;
  };
  await dispatch(slave.url, attempt);
  await until('it runs', () => isRead);
  slave.child.kill('SIGTERM');
  await until('the slave is stopping', () => slave.output().includes('"stopping"'));
  gate.resolve();
  expect(await slave.exit).toBe(0);
  expect(ends(master, attempt)).toEqual(['completed']);
  expect(existsSync(join(folder, 'data', 'lock.pid'))).toBe(false);
  expect(readdirSync(join(folder, 'data', 'temp'), { recursive: true })).toHaveLength(1);
});

test('a node that was started by a master says where it listens, and ends with its master', async () => {
  const folder = tempFolder();
  const slave = spawnSlave(['-c', configuration(folder)], true);
  const message = await new Promise((resolve) => slave.child.once('message', resolve));
  expect(message).toEqual({ type: 'listening', port: expect.any(Number) });
  slave.child.disconnect();
  expect(await slave.exit).toBe(0);
});

test('a second slave cannot use the same folder, nor the same port', async () => {
  const folder = tempFolder();
  configuration(folder);
  await start(folder);
  const second = spawnSlave(['-c', join(folder, 'conf.ini')]);
  expect(await second.exit).toBe(2);
  expect(second.output()).toContain('DATA_DIR_IN_USE');
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void taken.close());
  const address = taken.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const third = spawnSlave([
    '-c',
    join(folder, 'conf.ini'),
    '--data',
    join(folder, 'other'),
    '--listen',
    `127.0.0.1:${port}`,
  ]);
  expect(await third.exit).toBe(2);
  expect(third.output()).toContain('PORT_IN_USE');
});

test('S1: a wrong configuration is named with its line and what was meant, and exits with 2', async () => {
  const folder = tempFolder();
  const file = configuration(folder, 'queue_slave_worker_nmu = 1\n');
  const slave = spawnSlave(['-c', file, '--check']);
  expect(await slave.exit).toBe(2);
  expect(slave.output()).toContain(`CONFIG_INVALID: ${file}:8:`);
  expect(slave.output()).toContain('queue_slave_worker_num');
});

test('S1: --check prints each value in force with where it comes from, and no secret', async () => {
  const folder = tempFolder();
  const file = configuration(folder, 'queue_slave_worker_num = 3\n');
  const slave = spawnSlave(['-c', file, '--check', '--data', '/srv/x']);
  expect(await slave.exit).toBe(0);
  const lines = slave
    .output()
    .split('\n')
    .map((line) => line.replace(/ +;/, ' ;'));
  expect(lines).toContain(`queue_slave_retry_delay = 0.05 ; ${file}:7`);
  expect(lines).toContain(`queue_slave_worker_num = 3 ; ${file}:8`);
  expect(lines).toContain('queue_slave_max_retry = 5 ; default');
  expect(lines).toContain('DataPath = /srv/x ; command line');
  expect(lines).toContain(`Secret = ******** ; ${file}:4`);
  expect(slave.output()).not.toContain(fakeSecret);
  expect(slave.output()).toContain(`${file} is valid.`);
});

test.each([
  ['[SSL]\nCertPath = cert.pem\nKeyPath = key.pem\n', '[SSL] CertPath = '],
  ['[System]\nTrustedCertificates = conf.ini\n', '/conf.ini holds no certificate in PEM'],
])('S1: --check looks into the files that %j names', async (lines, reason) => {
  const slave = spawnSlave(['-c', configuration(tempFolder(), lines), '--check']);
  expect(await slave.exit).toBe(2);
  expect(slave.output()).toMatch(/CONFIG_INVALID: \S+conf\.ini:\d+: \[S/);
  expect(slave.output()).toContain(reason);
});

test('S1: an unknown flag is answered with the nearest one, and with the usage', async () => {
  const slave = spawnSlave(['--confg', 'conf.ini']);
  expect(await slave.exit).toBe(2);
  expect(slave.output()).toMatch(/^USAGE: there is no flag --confg; did you mean --config\?\n\nUsage: slave/);
  expect(slave.output()).not.toContain('request');
});

test('S6: a certificate that cannot be read is named with its line', async () => {
  const folder = tempFolder();
  const file = configuration(folder, '[SSL]\nCertPath = no.pem\nKeyPath = no.key\n');
  const slave = spawnSlave(['-c', file, '--check']);
  expect(await slave.exit).toBe(2);
  expect(slave.output()).toContain(`${file}:9: [SSL] CertPath = ${join(folder, 'no.pem')} cannot be read`);
});

test('N2: a file of Windows that every user can read is read, and warned about', async () => {
  const folder = tempFolder();
  const file = configuration(folder);
  writeFileSync(file, `\uFEFF${readFileSync(file, 'utf8').replaceAll('\n', '\r\n')}`);
  chmodSync(file, 0o644);
  const slave = spawnSlave(['-c', file, '--check']);
  expect(await slave.exit).toBe(0);
  expect(slave.output()).toContain(`\nwarning: ${file} holds`);
  expect(slave.output()).toContain(`every user can read it; run: chmod 600 ${file}`);
});
