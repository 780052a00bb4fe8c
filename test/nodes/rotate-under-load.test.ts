import { readFile, writeFile } from 'node:fs/promises';
import type { Task, TaskDetail } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { closeAll, startMaster, startSlave } from '../support/programs.ts';

describe('a slave whose secret is replaced while it works', () => {
  let user: Api;
  let anna: ClusterSlave;

  beforeAll(async () => {
    const master = await startMaster({
      embeddedNode: false,
      env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1' },
    });
    user = await signIn(master.url);
    await user.put('/tiny.txt', Buffer.from('tiny'));
    anna = await addSlave(user, { name: 'anna' });
  });
  afterAll(closeAll);

  /** Submits one task after the other, at most ten unfinished, until `during` has ended. */
  async function underLoad(during: (count: () => number) => Promise<void>): Promise<TaskDetail[]> {
    let over = false;
    const tasks: TaskDetail[] = [];
    const lanes = Array.from({ length: 10 }, async (_, lane) => {
      for (let turn = 0; !over; turn += 1) {
        const destination = `/load-${lane}-${turn}-${crypto.randomUUID()}.zip`;
        const task: Task = await user.submit({
          kind: 'create-archive',
          sources: ['/tiny.txt'],
          destination,
          password: 'pa55word',
        });
        tasks.push(await user.ended(task.id, 60_000));
      }
    });
    const happened = during(() => tasks.length).finally(() => {
      over = true;
    });
    await Promise.all([happened, ...lanes]);
    return tasks;
  }

  const rotate = () =>
    user.call<{ confIni: string; secret: string }>('POST', '/api/v1/nodes/anna/rotate-key', {});
  const untilUsed = () =>
    eventually('the new secret is the only one', async () => (await user.node('anna')).oldKey === null);
  const statesOf = (tasks: readonly TaskDetail[]) => [...new Set(tasks.map(({ state }) => state))];
  const attemptsOf = (tasks: readonly TaskDetail[]) =>
    tasks.flatMap(({ parts }) =>
      parts.flatMap(({ attempts }) => attempts.map(({ attempt, state }) => `${attempt} ${state}`)),
    );

  it('N8 by edits of its file: nothing fails, and nothing is done twice', async () => {
    const { confPath } = anna.program;
    const tasks = await underLoad(async (count) => {
      for (let turn = 1; turn <= 3; turn += 1) {
        await eventually('there is load', async () => count() >= turn * 20);
        const { confIni } = await rotate();
        await writeFile(confPath, confIni);
        await untilUsed();
      }
    });
    expect(statesOf(tasks)).toEqual(['completed']);
    expect([...new Set(attemptsOf(tasks))]).toEqual(['1 completed']);
    expect(anna.program.log()).not.toMatch(/LEASE_LOST/);
  });

  it('N8 by a restart: what runs is given back, nothing fails and nothing is lost', async () => {
    const tasks = await underLoad(async () => {
      const { confIni } = await rotate();
      expect(await anna.program.stop()).toBe(0);
      anna.program = await startSlave({
        confIni,
        dataPath: anna.dataPath,
        listen: `127.0.0.1:${anna.program.port}`,
      });
      await untilUsed();
      await untilOnline(user, 'anna');
    });
    expect(statesOf(tasks)).toEqual(['completed']);
    expect(attemptsOf(tasks).filter((attempt) => /lost|failed/.test(attempt))).toEqual([]);
    expect(await readFile(anna.program.confPath, 'utf8')).not.toContain(anna.secret);
  });
});
