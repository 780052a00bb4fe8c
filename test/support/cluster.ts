import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Node } from '@longshore/protocol';
import type { Api } from './api.ts';
import { eventually } from './eventually.ts';
import type { FaultProxy } from './fault-proxy.ts';
import { type RunningMaster, type RunningSlave, startMaster, startSlave, tempFolder } from './programs.ts';

/** A slave that the master knows, and that can be killed and started again as the same. */
export type ClusterSlave = {
  readonly name: string;
  readonly node: Node;
  readonly secret: string;
  readonly dataPath: string;
  /** The present process. */
  program: RunningSlave;
  /** Starts it again on the same port and data, after it has ended. */
  restart(): Promise<void>;
  /** Files that it holds besides its journal and its lock. */
  leftovers(): Promise<string[]>;
};

/** Registers a slave, starts it, and waits until the master sees it online. */
export async function addSlave(
  admin: Api,
  options: {
    name: string;
    weight?: number;
    capabilities?: string[];
    env?: Record<string, string>;
    within?: readonly string[];
    /** The master reaches the slave through this proxy. */
    via?: FaultProxy;
    /** Unless false, waits until the node is online. */
    untilOnline?: boolean;
  },
): Promise<ClusterSlave> {
  const { name, weight = 1, capabilities = ['create-archive', 'extract-archive'], env = {}, via } = options;
  const port = await freePort();
  if (via !== undefined) via.target = port;
  const created = await admin.call<{ node: Node; secret: string; confIni: string }>('POST', '/api/v1/nodes', {
    name,
    url: via?.url ?? `http://127.0.0.1:${port}`,
    weight,
    capabilities,
  });
  const dataPath = await tempFolder(`slave-${name}`);
  const start = (): Promise<RunningSlave> =>
    startSlave({
      confIni: created.confIni,
      dataPath,
      listen: `127.0.0.1:${port}`,
      env,
      ...(options.within === undefined ? {} : { within: options.within }),
    });
  const slave: ClusterSlave = {
    name,
    node: created.node,
    secret: created.secret,
    dataPath,
    program: await start(),
    restart: async () => {
      slave.program = await start();
    },
    leftovers: async () => {
      const entries = await readdir(dataPath, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      const own = /^(journal\.db|lock\.db|lock\.pid)/;
      return files.filter((file) => !own.test(file.name)).map((file) => join(file.parentPath, file.name));
    },
  };
  if (options.untilOnline ?? true) await untilOnline(admin, name);
  return slave;
}

export const untilOnline = (admin: Api, name: string): Promise<Node> =>
  eventually(`${name} online`, async () => {
    const node = await admin.node(name);
    return node.health === 'online' && node;
  });

/** A master that tells slaves to reach it through a proxy. */
export async function startMasterBehind(
  proxy: FaultProxy,
  options: Parameters<typeof startMaster>[0] = {},
): Promise<RunningMaster> {
  const master = await startMaster({
    embeddedNode: false,
    ...options,
    env: { LONGSHORE_SITE_INTERNAL_URL: proxy.url, ...options.env },
  });
  proxy.target = Number(new URL(master.url).port);
  return master;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
