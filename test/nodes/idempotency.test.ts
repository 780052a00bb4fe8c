import type { BatchResult, Task } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, addUser, signIn } from '../support/api.ts';
import { closeAll, startMaster } from '../support/programs.ts';

describe('a submit under an idempotency key', () => {
  let user: Api;

  beforeAll(async () => {
    const master = await startMaster();
    user = await signIn(master.url);
    await user.put('/a.txt', Buffer.from('a'));
  });
  afterAll(closeAll);

  const submit = (body: Record<string, unknown>, key: string, as = user) =>
    as.send<Task>('POST', '/api/v1/tasks', { body, headers: { 'idempotency-key': key } });
  const request = { kind: 'create-archive', sources: ['/a.txt'], destination: '/a.zip' };

  it('T7 M2 B2 50 at once make one task, and the key answers it for ever', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => submit(request, 'key-1')));
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(202));
    const ids = new Set(answers.map(({ body }) => body.id));
    expect(ids.size).toBe(1);
    const [id = ''] = ids;
    await user.ended(id);
    // By now the task's own archive has taken the destination.
    expect(await submit(request, 'key-1')).toMatchObject({ status: 202, body: { id, state: 'completed' } });
    const { tasks } = await user.call<{ tasks: Task[] }>('GET', '/api/v1/tasks');
    expect(tasks).toHaveLength(1);
  });

  it('M3 another request under the same key is refused', async () => {
    expect(await submit({ ...request, destination: '/b.zip' }, 'key-1')).toMatchObject({
      status: 422,
      body: { error: { code: 'IDEMPOTENCY_MISMATCH' } },
    });
  });

  it('T7 a batch is one for its key, and each of its tasks has an answer of its own', async () => {
    const send = () =>
      user.send<{ results: BatchResult[] }>('POST', '/api/v1/tasks/batch', {
        body: {
          tasks: [
            { ...request, destination: '/c.zip' },
            { ...request, sources: ['/gone'], destination: '/d.zip' },
            { ...request, destination: '/e.zip' },
          ],
        },
        headers: { 'idempotency-key': 'batch-1' },
      });
    const [first, again] = [await send(), await send()];
    expect(first.status).toBe(202);
    expect(first.body.results.map(({ error }) => error?.code)).toEqual([
      undefined,
      'PATH_NOT_FOUND',
      undefined,
    ]);
    const idsOf = ({ body }: typeof first) => body.results.map(({ task }) => task?.id);
    expect(idsOf(again)).toEqual(idsOf(first));
    for (const id of idsOf(first)) if (id !== undefined) await user.ended(id);
  });

  it('T7 keys of different users do not meet', async () => {
    const other = await addUser(user, 'other');
    await other.put('/a.txt', Buffer.from('mine'));
    const answer = await submit(request, 'key-1', other);
    expect(answer.status).toBe(202);
    expect(await other.ended(answer.body.id)).toMatchObject({ state: 'completed', user: 'other' });
  });
});
