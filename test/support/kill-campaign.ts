import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { FileEntry, TaskDetail } from '@longshore/protocol';
import { type Api, api, signIn, type TaskRequest } from './api.ts';
import { addSlave, type ClusterSlave, freePort, untilOnline } from './cluster.ts';
import { eventually } from './eventually.ts';
import { startFaultProxy } from './fault-proxy.ts';
import { inspectData } from './inspect-data.ts';
import { type RunningMaster, startMaster, tempFolder } from './programs.ts';
import { contentsOf, contentsOfArchive, describeBytes } from './user-files.ts';

const faultKinds = ['kill-slave', 'kill-slave', 'kill-master', 'stop-slave', 'cut'] as const;
type FaultKind = (typeof faultKinds)[number];

export type CampaignResult = {
  readonly faults: Record<FaultKind, number>;
  readonly tasks: number;
  /** Attempts that ended because their node was gone, and what they cost. */
  readonly lostAttempts: number;
  /** Tasks that did not complete, or whose outputs are missing or wrong. */
  readonly lost: string[];
  /** Tasks that left more than one result. */
  readonly doubled: string[];
  /** Attempts of which something was accepted after their lease was lost. */
  readonly stale: string[];
  /** What is left in the data directories that no task accounts for. */
  readonly leftovers: string[];
  /** From the kill of a slave until its work runs elsewhere or again, in milliseconds. */
  readonly recoveryMs: readonly number[];
  /** The same for the first kill: nothing else was wrong meanwhile. */
  readonly firstRecoveryMs: readonly number[];
};

/** One wish of a user, and how to see that it was granted. */
type Job = { id: string; name: string; destination: string; check: (user: Api) => Promise<boolean> };

/**
 * A master and three slaves under a steady load of real work, while programs are killed and stopped and connections cut at
 * random moments, until so many have been killed. The first is a slave with work, which stays away until that must have
 * moved. Everything is then checked: each task against its own bytes.
 */
export async function runKillCampaign(options: {
  kills: number;
  heartbeatSeconds: number;
  /** Chooses the faults; the same numbers give the same faults, though never the same moments. */
  random: () => number;
  onFault?: (text: string) => void;
}): Promise<CampaignResult> {
  const { heartbeatSeconds, random, onFault = () => undefined } = options;
  const leaseMs = 3_000 * heartbeatSeconds;
  const listen = `127.0.0.1:${await freePort()}`;
  const dataPath = await tempFolder('campaign');
  const proxy = await startFaultProxy();
  const start = (): Promise<RunningMaster> =>
    startMaster({
      dataPath,
      listen,
      embeddedNode: false,
      env: {
        LONGSHORE_MASTER_HEARTBEAT_INTERVAL: String(heartbeatSeconds),
        LONGSHORE_SITE_INTERNAL_URL: proxy.url,
      },
    });
  let master = await start();
  proxy.target = Number(listen.split(':')[1]);
  const user = await signIn(master.url);
  const slaves: ClusterSlave[] = [];
  for (const name of ['anna', 'berta', 'carla']) {
    const env = {
      LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_WORKER_NUM: '3',
      LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_RETRY_DELAY: '0.5',
      LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_BACKOFF_FACTOR: '1',
      LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_MAX_RETRY: '100',
    };
    slaves.push(await addSlave(user, { name, env }));
  }
  const work = await prepare(user);
  // Slow enough that most faults strike in the middle of something.
  proxy.set({ rate: 1_500_000 });

  const jobs: Job[] = [];
  let loading = true;
  const client = async (): Promise<void> => {
    while (loading) {
      const { request, ...wish } = work(jobs.length, random());
      const key = crypto.randomUUID();
      const submitted = await eventually(
        'a submit is answered',
        () => user.submit(request, key).catch(() => undefined),
        120_000,
      );
      jobs.push({ id: submitted.id, ...wish });
      await eventually(
        `${wish.name} ${submitted.id} ends`,
        async () => (await user.task(submitted.id).catch(() => undefined))?.finishedAtMs != null,
        600_000,
      );
    }
  };
  const clients = Array.from({ length: 8 }, client);

  const faults: Record<FaultKind, number> = { 'kill-slave': 0, 'kill-master': 0, 'stop-slave': 0, cut: 0 };
  const killed: Kill[] = [];
  while (faults['kill-slave'] + faults['kill-master'] < options.kills) {
    const isFirst = killed.length === 0;
    await delay(200 + random() * 2_000);
    const kind = isFirst ? 'kill-slave' : pick(faultKinds, random());
    const slave = pick(slaves, random());
    const pauseMs = isFirst ? 2 * leaseMs : random() * 2 * leaseMs;
    if (isFirst) {
      // Held still, so that its work does not end between the look and the kill.
      await eventually(`${slave.name} has work`, async () => {
        slave.program.child.kill('SIGSTOP');
        const hasWork = (await user.node(slave.name)).leasedParts > 0;
        if (!hasWork) slave.program.child.kill('SIGCONT');
        return hasWork;
      });
    }
    faults[kind] += 1;
    onFault(`${kind} ${kind.endsWith('slave') ? `${slave.name} for ${Math.round(pauseMs)} ms` : ''}`);
    switch (kind) {
      case 'kill-slave':
        killed.push({ node: slave.name, atMs: Date.now() });
        await slave.program.kill();
        await delay(pauseMs);
        await slave.restart();
        break;
      case 'kill-master':
        await master.kill();
        master = await start();
        break;
      case 'stop-slave':
        slave.program.child.kill('SIGSTOP');
        await delay(pauseMs);
        slave.program.child.kill('SIGCONT');
        break;
      case 'cut':
        proxy.cutAll();
        break;
      default:
        kind satisfies never;
    }
  }
  loading = false;
  await Promise.all(clients);
  proxy.heal();

  const verdict = await judge(api(master.url, user.token), jobs, killed);
  for (const slave of slaves) await untilOnline(user, slave.name);
  for (const slave of slaves) await slave.program.stop();
  await master.stop();
  await proxy.close();
  const data = await inspectData(dataPath);
  const leftovers = [
    ...(await Promise.all(slaves.map((slave) => slave.leftovers()))).flat(),
    ...[...data.unused, ...data.missing, ...data.staged, ...data.stuckParts],
  ];
  return { faults, tasks: jobs.length, leftovers, ...verdict };
}

const pick = <One>(list: readonly One[], random: number): One =>
  list[Math.floor(random * list.length)] as One;

/** Uploads what is worked on, and answers how to make wishes of it. */
async function prepare(
  user: Api,
): Promise<(ordinal: number, random: number) => { request: TaskRequest } & Omit<Job, 'id'>> {
  const expected: Record<string, string> = {};
  await user.call('POST', '/api/v1/folders', { path: '/source' });
  for (let index = 0; index < 20; index += 1) {
    const bytes = randomBytes(index === 0 ? 1_500_000 : 20_000);
    expected[`source/file-${index}`] = describeBytes(bytes);
    await user.put(`/source/file-${index}`, bytes);
  }
  for (const format of ['zip', 'tar.gz']) {
    const made = await user.submit({
      kind: 'create-archive',
      sources: ['/source'],
      destination: `/given.${format}`,
    });
    await user.ended(made.id);
  }
  const isEqual = (found: Record<string, string>): boolean => {
    const names = Object.entries(found).filter(([, content]) => content !== 'folder');
    return (
      names.length === Object.keys(expected).length &&
      names.every(([name, content]) => expected[name] === content)
    );
  };
  return (ordinal, random) => {
    const format = random < 0.5 ? 'zip' : 'tar.gz';
    if (random % 0.5 < 0.25) {
      const destination = `/made-${ordinal}-${crypto.randomUUID()}.${format}`;
      return {
        name: `create ${format}`,
        destination,
        request: { kind: 'create-archive', sources: ['/source'], destination },
        check: async (client) => isEqual(await contentsOfArchive(client, destination)),
      };
    }
    const destination = `/out-${ordinal}-${crypto.randomUUID()}`;
    return {
      name: `extract ${format}`,
      destination,
      request: { kind: 'extract-archive', source: `/given.${format}`, destination },
      check: async (client) => isEqual(await contentsOf(client, destination)),
    };
  };
}

async function judge(
  user: Api,
  jobs: readonly Job[],
  killed: readonly Kill[],
): Promise<
  Pick<CampaignResult, 'lost' | 'doubled' | 'stale' | 'recoveryMs' | 'firstRecoveryMs' | 'lostAttempts'>
> {
  const lost: string[] = [];
  const doubled: string[] = [];
  const stale: string[] = [];
  const recovered: Recovery[] = [];
  let lostAttempts = 0;
  for (const { id, name, check } of jobs) {
    const task = await eventually(`${name} ${id} ends`, () => user.ended(id).catch(() => undefined), 180_000);
    const granted = task.state === 'completed' && (await check(user));
    if (!granted) lost.push(`${name} ${id} ${task.state} ${task.error?.code ?? ''}`);
    for (const part of task.parts) {
      const completed = part.attempts.filter(({ state }) => state === 'completed');
      if (completed.length !== 1) doubled.push(`${name} ${id}: ${completed.length} attempts completed`);
      lostAttempts += part.attempts.length - completed.length;
      stale.push(...staleAttempts(part).map((attempt) => `${name} ${id} attempt ${attempt}`));
      recovered.push(...recoveries(part, killed));
    }
  }
  doubled.push(...(await unaccounted(user, jobs)));
  const recoveryMs = recovered.map(({ afterMs }) => afterMs);
  const firstRecoveryMs = recovered.filter(({ kill }) => kill === killed[0]).map(({ afterMs }) => afterMs);
  return { lost, doubled, stale, recoveryMs, firstRecoveryMs, lostAttempts };
}

type Kill = { readonly node: string; readonly atMs: number };
type Recovery = { readonly kill: Kill; readonly afterMs: number };

type Part = TaskDetail['parts'][number];

/** Attempts that are not the one that counts, and have told of an end that was believed. */
const staleAttempts = (part: Part): number[] =>
  part.attempts
    .filter(({ state }) => state !== 'completed')
    .filter(({ events }) => events.some(({ event }) => event === 'completed'))
    .map(({ attempt }) => attempt);

/** How long after the kill of its node the work of an attempt was under way again, on whatever node. */
function recoveries(part: Part, killed: readonly Kill[]): Recovery[] {
  return part.attempts.flatMap((attempt, index) => {
    const next = part.attempts[index + 1];
    if (attempt.state !== 'lost' || next === undefined) return [];
    const nextAtMs = next.startedAtMs;
    const kill = killed.findLast(
      ({ node, atMs }) => node === attempt.node && atMs >= attempt.startedAtMs && atMs <= nextAtMs,
    );
    return kill === undefined ? [] : [{ kill, afterMs: nextAtMs - kill.atMs }];
  });
}

/** What lies beside the results of the jobs: a second result would have a name of its own. */
async function unaccounted(user: Api, jobs: readonly Job[]): Promise<string[]> {
  const results: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { entries: FileEntry[]; next: string | null } = await user.call(
      'GET',
      `/api/v1/files?path=/${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    results.push(...page.entries.map(({ name }) => name).filter((name) => /^(made|out)-/.test(name)));
    cursor = page.next;
  }
  const wanted = new Set(jobs.map(({ destination }) => destination.slice(1)));
  return results.filter((name) => !wanted.has(name)).map((name) => `/${name} belongs to no task`);
}
