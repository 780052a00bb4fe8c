import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, type Capability, NodeId } from '@longshore/protocol';
import { generateSecret, signingKey } from '@longshore/protocol/server';
import type { LogFormat, Logger } from '@longshore/runtime';
import { z } from 'zod';
import type { Database } from '../database/open-database.ts';
import type { MasterKeys } from '../secrets/master-keys.ts';
import { findNode, insertNode, listNodes, type NodeRow, setNodeAddress } from '../store/nodes/node-rows.ts';

/** The first message of a slave that was started as a child process. */
const Listening = z.object({ type: z.literal('listening'), port: z.int().min(1) });

export type EmbeddedNode = { readonly nodeId: NodeId; stop(): Promise<void> };

export type EmbeddedNodeDeps = {
  database: Database;
  keys: MasterKeys;
  log: Logger;
  dataPath: string;
  /** Stores that the node may read and write directly, by id. */
  stores: Readonly<Record<string, string>>;
  /** Entry file of the slave program, and the settings its configuration begins with. */
  slaveProgram: string;
  /** Without the variables that configure the master: they must not configure the node. */
  env: NodeJS.ProcessEnv;
  logLevel: string;
  logFormat: LogFormat;
  graceMs: number;
  ready: (nodeId: NodeId) => void;
};

const capabilities: Capability[] = ['create-archive', 'extract-archive'];
const firstRestartMs = 500;
const longestRestartMs = 30_000;

/**
 * Runs a slave on the machine of the master as a child process, so that heavy work never blocks the API and there
 * is one way to run a task. It is started again when it ends; it ends by itself when the master is gone.
 */
export async function startEmbeddedNode(deps: EmbeddedNodeDeps): Promise<EmbeddedNode> {
  const { log } = deps;
  const folder = join(deps.dataPath, 'embedded-node');
  const confPath = join(folder, 'conf.ini');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const nodeId = await loadNodeId(join(folder, 'node-id'));
  const row = await ensureRegistered(deps, nodeId);
  await writeFile(confPath, confIni(deps, row, folder), { mode: 0o600 });

  const stopping = new AbortController();
  let child: ChildProcess | undefined;
  const keepRunning = async (): Promise<void> => {
    let pauseMs = firstRestartMs;
    while (!stopping.signal.aborted) {
      const startedMs = performance.now();
      child = spawn(process.execPath, [...process.execArgv, deps.slaveProgram, '-c', confPath], {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        env: deps.env,
        // Its own process group: an interrupt at the terminal reaches the master only, which then stops the node.
        detached: true,
      });
      child.on('message', (message) => {
        const listening = Listening.safeParse(message);
        if (!listening.success) return;
        setNodeAddress(deps.database.db, nodeId, `http://127.0.0.1:${listening.data.port}`)
          .then(() => deps.ready(nodeId))
          .catch((error: unknown) => log.error({ err: error }, 'embedded node not registered'));
      });
      const code = await exitOf(child);
      if (stopping.signal.aborted) return;
      pauseMs =
        performance.now() - startedMs > 60_000 ? firstRestartMs : Math.min(longestRestartMs, pauseMs * 2);
      log.error({ nodeId, code, restartInMs: pauseMs }, 'embedded node ended, starting it again');
      await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const running = keepRunning();
  return {
    nodeId,
    stop: async () => {
      stopping.abort();
      child?.kill('SIGTERM');
      const killer = setTimeout(() => child?.kill('SIGKILL'), deps.graceMs + 5_000);
      await running;
      clearTimeout(killer);
    },
  };
}

function exitOf(child: ChildProcess): Promise<number | string | null> {
  const { promise, resolve } = Promise.withResolvers<number | string | null>();
  child.once('exit', (code, signal) => resolve(code ?? signal));
  child.once('error', () => resolve(null));
  return promise;
}

/** The same node at every start of the same data directory, made at the first. */
async function loadNodeId(path: string): Promise<NodeId> {
  try {
    await writeFile(path, `${crypto.randomUUID()}\n`, { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return NodeId.parse((await readFile(path, 'utf8')).trim());
}

async function ensureRegistered(deps: EmbeddedNodeDeps, nodeId: NodeId): Promise<NodeRow> {
  const { database, keys } = deps;
  const known = await findNode(database.db, nodeId);
  if (known !== undefined) return known;
  const secret = generateSecret();
  // Several masters on one database have an embedded node each.
  const names = (await listNodes(database.db)).map((node) => node.name_key);
  await insertNode(database.db, {
    id: nodeId,
    name: names.includes('embedded') ? `embedded-${nodeId.slice(-12)}` : 'embedded',
    type: 'embedded',
    key_id: signingKey(secret).keyId,
    secret_sealed: keys.seal('node secret', secret),
    weight: 1,
    enabled: 1,
    capabilities: JSON.stringify(capabilities),
  });
  const row = await findNode(database.db, nodeId);
  if (row === undefined) throw new AppError('NODE_NOT_FOUND', 'the embedded node was not registered');
  return row;
}

function confIni(deps: EmbeddedNodeDeps, row: NodeRow, folder: string): string {
  const stores = Object.entries(deps.stores).map(([id, path]) => `${id} = ${path}`);
  return `; Written by the master at every start. Edits are lost.
[System]
Mode = slave
Listen = 127.0.0.1:0
LogLevel = ${deps.logLevel}
LogFormat = ${deps.logFormat}
GracePeriod = ${Math.ceil(deps.graceMs / 1000)}

[Slave]
Secret = ${deps.keys.unseal('node secret', row.secret_sealed)}
DataPath = ${folder}

[Stores]
${stores.join('\n')}
`;
}
