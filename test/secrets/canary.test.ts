import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, addUser, anonymous, api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, startMasterBehind } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { type Canaries, findCanaries, findCanariesBelow } from '../support/find-canaries.ts';
import { closeAll, type RunningMaster } from '../support/programs.ts';
import { sendSigned } from '../support/signed-peer.ts';
import { type CommandLines, watchCommandLines } from '../support/watch-command-lines.ts';

const debug = { LONGSHORE_SYSTEM_LOG_LEVEL: 'trace' };
/** Characters that every encoding writes in its own way. */
const spicy = (name: string): string => `${name} ünd/"&=+%😀 ${randomBytes(6).toString('hex')}`;

/**
 * One master and one slave, with everything between them recorded, live through whatever secrets are used for, and
 * are then searched for them.
 */
describe('F10 secrets', () => {
  let master: RunningMaster;
  let admin: Api;
  let user: Api;
  let up: FaultProxy;
  let down: FaultProxy;
  let anna: ClusterSlave;
  let commandLines: CommandLines;
  const answers: Buffer[] = [];
  const canaries: Record<string, string> = {
    'archive password': spicy('archive'),
    'wrong archive password': spicy('wrong'),
    'user password': spicy('user'),
    'mistyped user password': spicy('mistyped'),
    'metrics token': randomBytes(20).toString('hex'),
  };
  const secret = (name: string): string => canaries[name] ?? '';

  /** A request whose answer must not hold a secret. */
  async function ask(who: Api, method: string, path: string, body?: unknown): Promise<number> {
    const answer = await who.send(method, path, { body });
    const text = Buffer.isBuffer(answer.body) ? answer.body : Buffer.from(JSON.stringify(answer.body));
    answers.push(text, Buffer.from(JSON.stringify([...answer.headers])));
    return answer.status;
  }
  const ended = async (who: Api, request: Parameters<Api['submit']>[0]): Promise<string> => {
    const { id } = await who.submit(request);
    const task = await who.ended(id);
    await ask(who, 'GET', `/api/v1/tasks/${id}`);
    await ask(who, 'GET', `/api/v1/tasks/${id}/logs`);
    return task.state;
  };
  const atRest = async (wanted: Canaries): Promise<string[]> => [
    ...(await findCanariesBelow(master.dataPath, wanted, { except: /\/master\.key$/ })),
    ...(await findCanariesBelow(anna.dataPath, wanted)),
  ];

  beforeAll(async () => {
    commandLines = watchCommandLines();
    up = await startFaultProxy({ record: true });
    down = await startFaultProxy({ record: true });
    master = await startMasterBehind(up, {
      env: {
        LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1',
        LONGSHORE_METRICS_TOKEN: secret('metrics token'),
        ...debug,
      },
    });
    admin = await signIn(master.url);
    canaries['session token'] = admin.token;
    canaries['master key'] = (await readFile(join(master.dataPath, 'master.key'), 'utf8')).trim();
    anna = await addSlave(admin, {
      name: 'anna',
      via: down,
      env: { LONGSHORE_METRICS_TOKEN: secret('metrics token'), ...debug },
    });
    canaries['slave secret'] = anna.secret;
  });
  afterAll(() => {
    commandLines.stop();
    return closeAll();
  });

  it('an archive password waits for its task in no readable form', async () => {
    await admin.call('PATCH', '/api/v1/nodes/anna', { enabled: false });
    await admin.put('/a.bin', randomBytes(300_000));
    const { id } = await admin.submit({
      kind: 'create-archive',
      sources: ['/a.bin'],
      destination: '/first.zip',
      password: secret('archive password'),
    });
    expect(await atRest(canaries)).toEqual([]);
    await admin.call('PATCH', '/api/v1/nodes/anna', { enabled: true });
    expect((await admin.ended(id)).state).toBe('completed');
  });

  it('users, tokens, archives, keys and mistakes are lived through', async () => {
    await addUser(admin, 'berta');
    await admin.call('POST', '/api/v1/users', { name: 'carla', password: secret('user password') });
    user = await signIn(master.url, 'carla', secret('user password'));
    const made = await user.call<{ token: string }>('POST', '/api/v1/me/tokens', { name: 'for scripts' });
    canaries['API token'] = made.token;
    user = api(master.url, made.token);

    await user.put('/tree.bin', randomBytes(600_000));
    for (const format of ['zip', '7z']) {
      const archive = `/made.${format}`;
      const password = secret('archive password');
      expect(
        await ended(user, { kind: 'create-archive', sources: ['/tree.bin'], destination: archive, password }),
      ).toBe('completed');
      const extract = { kind: 'extract-archive', source: archive } as const;
      expect(await ended(user, { ...extract, destination: `/right-${format}`, password })).toBe('completed');
      const wrong = {
        ...extract,
        destination: `/wrong-${format}`,
        password: secret('wrong archive password'),
      };
      expect(await ended(user, wrong)).toBe('failed');
      expect(await ended(user, { ...extract, destination: `/none-${format}` })).toBe('failed');
      await ask(user, 'POST', '/api/v1/files/preview', { path: archive, password });
    }

    const nobody = anonymous(master.url);
    await ask(nobody, 'POST', '/api/v1/login', { user: 'carla', password: secret('mistyped user password') });
    await ask(nobody, 'POST', '/api/v1/login', { user: secret('user password'), password: 'carla' });
    await ask(nobody, 'POST', '/api/v1/login', { user: 'carla', passwrd: secret('user password') });
    await ask(api(master.url, `${secret('API token')}x`), 'GET', '/api/v1/me');
    await ask(user, 'POST', '/api/v1/tasks', {
      kind: 'create-archive',
      password: secret('archive password'),
    });
    await ask(user, 'POST', '/api/v1/tasks', { kind: secret('archive password') });
    const tar = { kind: 'create-archive', sources: ['/tree.bin'], destination: '/a.tar' };
    await ask(user, 'POST', '/api/v1/tasks', { ...tar, password: secret('archive password') });
    await ask(user, 'PATCH', '/api/v1/nodes/anna', { secret: anna.secret });
    await ask(admin, 'PATCH', '/api/v1/nodes/anna', { secret: anna.secret });
    for (const path of [
      '/api/v1/me',
      '/api/v1/me/tokens',
      '/api/v1/tasks',
      '/api/v1/nodes',
      '/api/v1/nodes/anna',
    ])
      await ask(admin, 'GET', path);
    await ask(api(master.url, secret('metrics token')), 'GET', '/metrics');
    await ask(api(`http://127.0.0.1:${anna.program.port}`, secret('metrics token')), 'GET', '/metrics');
    await ask(admin, 'GET', '/api/v1/users');
    await ask(admin, 'GET', '/api/v1/tasks?everybody=true');
    const call = { secret: anna.secret, method: 'POST', target: '/node/v1/reports' } as const;
    answers.push(
      Buffer.from(
        JSON.stringify(await sendSigned(master.url, { ...call, body: { reports: [anna.secret] } })),
      ),
    );

    const rotated = await admin.call<{ secret: string }>('POST', '/api/v1/nodes/anna/rotate-key', {});
    canaries['next slave secret'] = rotated.secret;
    expect(await ended(admin, { kind: 'create-archive', sources: ['/a.bin'], destination: '/b.zip' })).toBe(
      'completed',
    );
    await ask(admin, 'GET', '/api/v1/nodes/anna');
  });

  it('no answer of the API holds one', () => {
    expect(answers.length).toBeGreaterThan(30);
    expect(findCanaries('an answer', Buffer.concat(answers), canaries)).toEqual([]);
  });

  it('no log of either program holds one', () => {
    for (const program of [master, anna.program]) {
      expect(program.log().length).toBeGreaterThan(1000);
      expect(findCanaries('a log', program.log() + program.output(), canaries)).toEqual([]);
    }
  });

  it('nothing between master and slave holds one', () => {
    for (const proxy of [up, down]) {
      const traffic = Buffer.concat(proxy.recorded().flatMap((pair) => [pair.up, pair.down]));
      expect(traffic.length).toBeGreaterThan(10_000);
      expect(findCanaries('the traffic', traffic, canaries)).toEqual([]);
    }
    const dispatched = Buffer.concat(down.recorded().map((pair) => pair.up)).toString('latin1');
    expect(dispatched).toContain('"password":{"sealed":"');
  });

  it('no log, answer or file holds a signature or a ticket that was sent', async () => {
    const traffic = Buffer.concat(
      [up, down].flatMap((proxy) => proxy.recorded().flatMap((pair) => [pair.up, pair.down])),
    ).toString('latin1');
    const tickets = [...traffic.matchAll(/^authorization: bearer (\S+)/gim)].map(
      ([, ticket]) => ticket ?? '',
    );
    const signatures = [...traffic.matchAll(/^signature: \w+=:([^:]+):/gim)].map(([, bytes]) => bytes ?? '');
    expect(tickets.length).toBeGreaterThan(5);
    expect(signatures.length).toBeGreaterThan(20);
    const places = {
      answers: Buffer.concat(answers),
      'log of the master': Buffer.from(master.log() + master.output()),
      'log of the slave': Buffer.from(anna.program.log() + anna.program.output()),
      'files of the master': await everyByteBelow(master.dataPath),
      'files of the slave': await everyByteBelow(anna.dataPath),
    };
    const found = (sent: readonly string[]): string[] =>
      Object.entries(places).flatMap(([place, bytes]) =>
        sent.some((text) => bytes.includes(text)) ? [place] : [],
      );
    expect(found(signatures)).toEqual([]);
    // Work that was accepted goes on after a restart with the tickets it came with, each for a blob and a few hours.
    expect(found(tickets)).toEqual(['files of the slave']);
  });

  it('no command line holds one', async () => {
    const seen = commandLines.seen();
    expect(seen).toMatch(/7z\S* a .*-p /);
    expect(findCanaries('a command line', seen, canaries)).toEqual([]);
  });

  it('no file of either program holds one, while they run and after they have stopped', async () => {
    await eventually('everything is reported', async () => (await admin.node('anna')).health === 'online');
    expect(await atRest(canaries)).toEqual([]);
    await anna.program.stop();
    await master.stop();
    expect(await atRest(canaries)).toEqual([]);
  });

  it('they would be found', () => {
    const [password] = Object.values(canaries);
    const text = `before ${Buffer.from(`xx${password}yy`).toString('base64')} after`;
    expect(findCanaries('a text', text, canaries)[0]).toMatch(/^archive password \(base64/);
    expect(findCanaries('a text', `?p=${encodeURIComponent(password ?? '')}`, canaries)).toHaveLength(1);
    expect(findCanaries('a text', Buffer.from(password ?? '').toString('hex'), canaries)).toHaveLength(1);
  });
});

async function everyByteBelow(folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Buffer.concat(await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name)))));
}
