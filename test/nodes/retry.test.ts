import type { BulkResult, Task } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, addUser, signIn } from '../support/api.ts';
import { adminPassword, closeAll, startMaster, tempFolder } from '../support/programs.ts';
import { type CliUser, cliUser } from '../support/run-cli.ts';

describe('doing it again', () => {
  let user: Api;
  let shell: CliUser;

  beforeAll(async () => {
    const master = await startMaster();
    user = await signIn(master.url);
    shell = cliUser(await tempFolder('cli'));
    await shell.run(['login', master.url, '--user', 'admin', '--password-stdin'], {
      input: `${adminPassword}\n`,
    });
  });
  afterAll(closeAll);

  const bulk = async (api: Api, action: string, ids: string[]): Promise<BulkResult[]> => {
    const answer = await api.call<{ results: BulkResult[] }>('POST', '/api/v1/tasks/bulk', { action, ids });
    return answer.results;
  };

  it('T4 only what was rejected is extracted again, by its exact name', async () => {
    await user.call('POST', '/api/v1/folders', { path: '/t' });
    await user.put('/t/a.txt', Buffer.from('the content of a'));
    await user.put('/t/b[1].txt', Buffer.from('the content of b in brackets'));
    await user.put('/t/b1.txt', Buffer.from('the content of b'));
    const made = await user.submit({
      kind: 'create-archive',
      sources: ['/t'],
      destination: '/t.zip',
      level: 0,
    });
    expect(await user.ended(made.id)).toMatchObject({ state: 'completed' });
    const whole = await user.get('/t.zip');
    const damaged = Buffer.from(whole);
    damaged.write('X', damaged.indexOf('the content of b in brackets'));
    await user.put('/bad.zip', damaged);
    const { id } = await user.submit({
      kind: 'extract-archive',
      source: '/bad.zip',
      destination: '/out',
    });
    expect(await user.ended(id)).toMatchObject({ state: 'completed-with-errors', rejectedEntries: 1 });

    await user.put('/bad.zip', whole, 'overwrite');
    await user.put('/out/t/b1.txt', Buffer.from('edited'), 'overwrite');
    const again = await shell.run(
      ['tasks', 'retry', id, '--only-rejected', '--conflict', 'overwrite', '--wait'],
      {},
    );
    expect(again, again.stderr).toMatchObject({ code: 0 });
    expect(String(await user.get('/out/t/b[1].txt'))).toBe('the content of b in brackets');
    expect(String(await user.get('/out/t/b1.txt'))).toBe('edited');
    const { tasks } = await user.call<{ tasks: Task[] }>('GET', '/api/v1/tasks?limit=1');
    expect(tasks).toMatchObject([{ retryOf: id, rejectedEntries: 0, request: { conflict: 'overwrite' } }]);

    const nothing = await user.send('POST', `/api/v1/tasks/${tasks[0]?.id}/retry`, {
      body: { onlyRejected: true },
    });
    expect(nothing).toMatchObject({ status: 400, body: { error: { code: 'BAD_REQUEST' } } });
  });

  it('T4 many at once: each task answers for itself, and nobody reaches those of others', async () => {
    await user.put('/tiny.txt', Buffer.from('tiny'));
    const waiting = async () => {
      const task = await user.submit({
        kind: 'create-archive',
        sources: ['/tiny.txt'],
        destination: `/${crypto.randomUUID()}.zip`,
      });
      return task.id;
    };
    const done = await waiting();
    await user.ended(done);
    await user.call('PATCH', '/api/v1/nodes/embedded', { enabled: false });
    const open = [await waiting(), await waiting()];

    const anna = await addUser(user, 'anna');
    for (const action of ['cancel', 'retry', 'delete']) {
      const results = await bulk(anna, action, [done, ...open]);
      expect(results.map(({ error }) => error?.code)).toEqual(Array(3).fill('TASK_NOT_FOUND'));
    }
    expect(await bulk(user, 'cancel', [done, ...open])).toMatchObject([
      { id: done, task: null, error: { code: 'TASK_FINAL' } },
      { id: open[0], task: { state: 'canceled' }, error: null },
      { id: open[1], task: { state: 'canceled' }, error: null },
    ]);
    await user.call('PATCH', '/api/v1/nodes/embedded', { enabled: true });
    const retried = await bulk(user, 'retry', open);
    expect(retried).toMatchObject(open.map((id) => ({ id, task: { retryOf: id }, error: null })));
    for (const { task } of retried)
      expect(await user.ended(task?.id ?? '')).toMatchObject({ state: 'completed' });
    expect(await bulk(user, 'delete', open)).toMatchObject(
      open.map((id) => ({ id, task: null, error: null })),
    );
    expect(await user.send('GET', `/api/v1/tasks/${open[0]}`)).toMatchObject({ status: 404 });
  });
});
