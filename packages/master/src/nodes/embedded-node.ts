import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, type Capability, type NodeId } from '@longshore/protocol';
import { generateSecret, signingKey } from '@longshore/protocol/server';
import type { Logger } from '@longshore/runtime';
import { z } from 'zod';
import type { Database } from '../database/open-database.ts';
import type { MasterKeys } from '../secrets/master-keys.ts';
import { findNode, insertNode, type NodeRow, setNodeAddress } from '../store/nodes/node-rows.ts';

/** The first message of a slave that was started as a child process. */
const Listening = z.object({ type: z.literal('listening'), port: z.int().min(1) });

export type EmbeddedNode = { readonly nodeId: NodeId; stop(): Promise<void> };

export type EmbeddedNodeDeps = {
  database: Database;
  keys: MasterKeys;
  log: Logger;
  /** Same for every start of the same data directory. */
  nodeId: NodeId;
  name: string;
  dataPath: string;
  /** Stores that the node may read and write directly, by id. */
  stores: Readonly<Record<string, string>>;
  /** Entry file of the slave program, and the settings its configuration begins with. */
  slaveProgram: string;
  /** Without the variables that configure the master: they must not configure the node. */
  env: NodeJS.ProcessEnv;
  logLevel: string;
  logFormat: 'json' | 'pretty';
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
  const { log, nodeId } = deps;
  const row = await ensureRegistered(deps);
  const folder = join(deps.dataPath, 'embedded-node');
  const confPath = join(folder, 'conf.ini');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(confPath, confIni(deps, row, folder), { mode: 0o600 });

  const stopping = new AbortController();
  let child: ChildProcess | undefined;
  const keepRunning = async (): Promise<void> => {
    let pauseMs = firstRestartMs;
    while (!stopping.signal.aborted) {
      const startedMs = performance.now();
      child = spawn(process.execPath, [deps.slaveProgram, '-c', confPath], {
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

async function ensureRegistered(deps: EmbeddedNodeDeps): Promise<NodeRow> {
  const { database, keys, nodeId } = deps;
  const known = await findNode(database.db, nodeId);
  if (known !== undefined) return known;
  const secret = generateSecret();
  await insertNode(database.db, {
    id: nodeId,
    name: deps.name,
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
