import { readFileSync } from 'node:fs';
import {
  accounts,
  type Endpoint,
  type EndpointInput,
  type EndpointOutput,
  fileBytesRoutes,
  nodes,
  tasks,
} from '@longshore/protocol';
import { eventually } from '../../test/support/eventually.ts';
import {
  adminPassword,
  type RunningMaster,
  type RunningSlave,
  startMaster,
  startSlave,
} from '../../test/support/programs.ts';

/** A master without an embedded node and slaves beside it, all on this machine, and a signed-in administrator. */
export type Cluster = {
  readonly master: RunningMaster;
  readonly slaves: readonly RunningSlave[];
  readonly token: string;
  call<E extends Endpoint>(endpoint: E, input: EndpointInput<E>): Promise<EndpointOutput<E>>;
  upload(path: string, content: Uint8Array): Promise<void>;
  /** Submits a task and resolves when it has completed; throws with everything it says when it ends otherwise. */
  complete(
    task: EndpointInput<typeof tasks.submitTask>['body'],
  ): Promise<EndpointOutput<typeof tasks.showTask>>;
};

export async function startCluster(
  wanted: readonly {
    name: string;
    weight: number;
    port: number;
    env?: Record<string, string>;
    /** A program that starts it with less than it would have, such as `taskset`. */
    within?: readonly string[];
  }[],
  options: { env?: Record<string, string>; dataPath?: string } = {},
): Promise<Cluster> {
  const master = await startMaster({ embeddedNode: false, ...options });
  let token = '';
  const request = (path: string, init: RequestInit): Promise<Response> =>
    fetch(master.url + path, {
      ...init,
      headers: { ...(token === '' ? {} : { authorization: `Bearer ${token}` }), ...init.headers },
    });
  const call: Cluster['call'] = async (endpoint, input) => {
    const { params, query, body } = input as {
      params?: Record<string, string>;
      query?: Record<string, string | number | string[]>;
      body?: unknown;
    };
    const path = endpoint.path.replace(/\{(\w+)\}/g, (_match, name: string) => params?.[name] ?? '');
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query ?? {})) {
      for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one));
    }
    const response = await request(`${path}?${search}`, {
      method: endpoint.method.toUpperCase(),
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${endpoint.path}: ${JSON.stringify(answer)}`);
    return endpoint.response.parse(answer) as EndpointOutput<typeof endpoint>;
  };
  token = (await call(accounts.login, { body: { user: 'admin', password: adminPassword } })).token;
  const slaves: RunningSlave[] = [];
  for (const { name, weight, port, env = {}, within = [] } of wanted) {
    const url = `http://127.0.0.1:${port}`;
    const { confIni } = await call(nodes.createNode, { body: { name, weight, url } });
    slaves.push(await startSlave({ confIni, env, within }));
  }
  await eventually('all nodes online', async () => {
    const { nodes: list } = await call(nodes.listNodes, {});
    return list.every((node) => node.health === 'online');
  });
  return {
    master,
    slaves,
    token,
    call,
    complete: async (task) => {
      const { id } = await call(tasks.submitTask, { body: task });
      const ended = await eventually(
        'the task ends',
        async () => {
          const shown = await call(tasks.showTask, { params: { id } });
          return shown.finishedAtMs === null ? undefined : shown;
        },
        600_000,
      );
      if (ended.state !== 'completed') throw new Error(`${ended.title}: ${JSON.stringify(ended)}`);
      return ended;
    },
    upload: async (path, content) => {
      const response = await request(fileBytesRoutes.uploads, {
        method: 'POST',
        body: Buffer.from(content),
        headers: {
          'tus-resumable': '1.0.0',
          'upload-length': String(content.length),
          'content-type': 'application/offset+octet-stream',
          'upload-metadata': `path ${Buffer.from(path).toString('base64')}`,
        },
      });
      if (!response.ok) throw new Error(`upload of ${path}: ${await response.text()}`);
    },
  };
}

/** CPU seconds that a process has used so far. */
export function cpuSeconds(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Resident memory of a process in bytes, now and at most. */
export function residentBytes(pid: number | undefined): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
  return { now: kib('VmRSS') * 1024, peak: kib('VmHWM') * 1024 };
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
