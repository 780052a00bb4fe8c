import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Attempt } from '@longshore/protocol';
import { generateSecret } from '@longshore/protocol/server';
import { expect, onTestFinished, test } from 'vitest';
import { type FakeMaster, fakeSecret, startFakeMaster } from '../testing/fake-master.ts';
import { type SlaveProgram, startSlaveProgram, writeConfIni } from '../testing/slave-program.ts';
import { dispatch } from '../testing/start-test-slave.ts';
import { tempFolder } from '../testing/temp-folder.ts';
import { until } from '../testing/until.ts';

async function running(lines: string) {
  const folder = tempFolder();
  const file = writeConfIni(folder, lines);
  const master = await startFakeMaster();
  onTestFinished(() => master.close());
  const slave = await startSlaveProgram(folder);
  await master.hello(slave.url);
  return { file, master, slave };
}

/** Attempts whose sources come when `open` is called. */
async function held(master: FakeMaster, slave: SlaveProgram, count: number) {
  const gate = Promise.withResolvers<void>();
  let reading = 0;
  master.intercept = async (c) => {
    if (c.req.method !== 'GET' || !c.req.path.startsWith('/blobs')) return undefined;
    reading += 1;
    await gate.promise;
    return undefined;
  };
  const attempts = Array.from({ length: count }, () => {
    const attempt = master.attempt({ kind: 'create-archive', format: 'zip', level: 'fast', password: null });
    master.setSources(attempt.partId, [master.addSource('a', Buffer.from('a'))]);
    return attempt;
  });
  await dispatch(slave.url, ...attempts);
  return { attempts, reading: () => reading, open: () => gate.resolve() };
}

const isCompleted = (master: FakeMaster, attempt: Attempt): boolean =>
  master.eventsOf(attempt).some(({ type }) => type === 'completed');

function edit(file: string, change: (text: string) => string): void {
  const next = `${file}.next`;
  writeFileSync(next, change(readFileSync(file, 'utf8')));
  chmodSync(next, 0o600);
  renameSync(next, file);
}

const logged = (slave: SlaveProgram, message: string): Record<string, unknown>[] =>
  slave
    .output()
    .split('\n')
    .filter((line) => line.includes(`"msg":"${message}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('S1 S2: one worker runs one task; an edit of the file lets more run at once, and drops nothing', async () => {
  const { file, master, slave } = await running('queue_slave_worker_num = 1\n');
  const work = await held(master, slave, 3);
  await until('one runs', () => work.reading() === 1);
  await until('a heartbeat counts it', () =>
    master.heartbeats.some(({ vitals }) => vitals.running === 1 && vitals.queued === 2),
  );
  expect(work.reading()).toBe(1);
  edit(file, (text) => text.replace('worker_num = 1', 'worker_num = 3'));
  await until('all run', () => work.reading() === 3);
  work.open();
  await until('all end', () => work.attempts.every((attempt) => isCompleted(master, attempt)));
  const [line] = logged(slave, 'configuration reloaded');
  expect(line).toMatchObject({
    why: 'edit',
    reloaded: [{ key: '[OptionOverwrite] queue_slave_worker_num', from: '1', to: '3' }],
  });
});

test('S1: SIGHUP takes what it can, and says what waits for a restart', async () => {
  const { file, slave } = await running('');
  edit(file, (text) =>
    text.replace(
      '[Slave]',
      'LogLevel = debug\n[CORS]\nAllowOrigins = https://a.example\n[Slave]\nCallbackTimeout = 9',
    ),
  );
  slave.child.kill('SIGHUP');
  await until('it was read', () => logged(slave, 'some changes need a restart of the slave').length > 0);
  expect(logged(slave, 'some changes need a restart of the slave')[0]?.needRestart).toEqual([
    { key: '[Slave] CallbackTimeout', from: '20', to: '9' },
  ]);
  expect(logged(slave, 'configuration reloaded')[0]?.reloaded).toEqual([
    { key: '[System] LogLevel', from: 'info', to: 'debug' },
    { key: '[CORS] AllowOrigins', from: '', to: 'https://a.example' },
  ]);
  const answer = await fetch(`${slave.url}/healthz`, { headers: { origin: 'https://a.example' } });
  expect(answer.headers.get('access-control-allow-origin')).toBe('https://a.example');
  const stranger = await fetch(`${slave.url}/healthz`, { headers: { origin: 'https://b.example' } });
  expect(stranger.headers.get('access-control-allow-origin')).toBeNull();
});

test('N2: an invalid file changes nothing and is named with its line; corrected, it is taken', async () => {
  const { file, master, slave } = await running('queue_slave_worker_num = 1\n');
  edit(file, (text) => text.replace('worker_num = 1', 'worker_num = many'));
  slave.child.kill('SIGHUP');
  const refused = 'configuration not reloaded, the old values stay';
  await until('it was refused', () => logged(slave, refused).length > 0);
  expect(logged(slave, refused)[0]?.reason).toContain(`${file}:8: [OptionOverwrite] queue_slave_worker_num`);
  const work = await held(master, slave, 2);
  await until('one runs', () => work.reading() === 1);
  edit(file, (text) => text.replace('worker_num = many', 'worker_num = 2'));
  await until('both run', () => work.reading() === 2);
  work.open();
});

test('S1: a second secret is taken while work of the first runs, and a removed one is not known any more', async () => {
  const { file, master, slave } = await running('');
  const work = await held(master, slave, 1);
  await until('it runs', () => work.reading() === 1);
  const secret = generateSecret();
  const second = await startFakeMaster({ secret });
  onTestFinished(() => second.close());
  await expect(second.hello(slave.url)).rejects.toMatchObject({ code: 'KEY_UNKNOWN' });
  edit(file, (text) => text.replace(fakeSecret, `${fakeSecret}, ${secret}`));
  await until('it was read', () => logged(slave, 'configuration reloaded').length === 1);
  expect(JSON.stringify(logged(slave, 'configuration reloaded'))).not.toContain(secret);
  await second.hello(slave.url);
  work.open();
  await until('it ends', () => work.attempts.every((attempt) => isCompleted(master, attempt)));
  edit(file, (text) => text.replace(`${fakeSecret}, ${secret}`, secret));
  await until('it was read again', () => logged(slave, 'configuration reloaded').length === 2);
  await expect(master.hello(slave.url)).rejects.toMatchObject({ code: 'KEY_UNKNOWN' });
  await second.hello(slave.url);
});
