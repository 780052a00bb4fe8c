import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A program of ours, running as its own process. */
export type Program = {
  readonly child: ChildProcess;
  /** Everything it has logged so far. */
  log(): string;
  /** Everything it has printed so far. */
  output(): string;
  /** Asks it to stop and waits. Answers the exit code. */
  stop(): Promise<number | null>;
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>;
  /** Resolves when it has ended by itself. */
  ended(): Promise<void>;
};

export type RunningMaster = Program & { readonly url: string; readonly dataPath: string };
export type RunningSlave = Program & { readonly port: number; readonly confPath: string };

const startTimeoutMs = 60_000;

/** Things that tests opened, closed in reverse order by `closeAll`. */
const opened: (() => Promise<unknown>)[] = [];

/** For whatever else a test opens: `closeAll` closes it before all that was opened earlier. */
export function onCloseAll(close: () => Promise<unknown>): void {
  opened.push(close);
}

export async function closeAll(): Promise<void> {
  for (let close = opened.pop(); close !== undefined; close = opened.pop()) await close();
}

export async function tempFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `longshore-${name}-`));
  opened.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a program and waits for the line on its standard output that says it is ready. */
export async function startProgram(options: {
  command: string;
  args: readonly string[];
  env?: Record<string, string>;
  ready: RegExp;
}): Promise<Program & { readonly match: RegExpExecArray }> {
  const child = spawn(options.command, options.args, {
    cwd: root,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    log += chunk;
  });
  let output = '';
  const exited = once(child, 'exit').then(() => undefined);
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
    return child.exitCode;
  };
  opened.push(stop);
  const match = await new Promise<RegExpExecArray>((resolve, reject) => {
    const fail = (why: string) =>
      reject(new Error(`${options.command} ${options.args.join(' ')} ${why}\n${output}\n${log}`));
    const timer = setTimeout(() => fail('did not become ready'), startTimeoutMs);
    createInterface({ input: child.stdout }).on('line', (line) => {
      output += `${line}\n`;
      const found = options.ready.exec(line);
      if (found === null) return;
      clearTimeout(timer);
      resolve(found);
    });
    exited.then(() => {
      clearTimeout(timer);
      fail(`ended with ${child.exitCode ?? child.signalCode}`);
    }, reject);
  });
  return {
    child,
    match,
    log: () => log,
    output: () => output,
    stop,
    ended: () => exited,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

export const adminPassword = 'correct horse battery';

/** A master of its own, with an embedded node unless `embeddedNode` is false. */
export async function startMaster(
  options: { dataPath?: string; env?: Record<string, string>; embeddedNode?: boolean; listen?: string } = {},
): Promise<RunningMaster> {
  const dataPath = options.dataPath ?? (await tempFolder('master'));
  const program = await startProgram({
    command: join(root, 'master'),
    args: ['--data', dataPath, '--listen', options.listen ?? '127.0.0.1:0'],
    env: {
      LONGSHORE_ADMIN_PASSWORD: adminPassword,
      LONGSHORE_MASTER_EMBEDDED_NODE: String(options.embeddedNode ?? true),
      LONGSHORE_SYSTEM_LOG_FORMAT: 'json',
      ...options.env,
    },
    ready: /(http:\/\/[^\s]+:\d+)/,
  });
  return { ...program, url: program.match[1] ?? '', dataPath };
}

/** A slave from a configuration such as `nodes add` prints. */
export async function startSlave(options: {
  confIni: string;
  dataPath?: string;
  listen?: string;
  env?: Record<string, string>;
  /** A program that starts it with less than it would have, such as `prlimit`. */
  within?: readonly string[];
}): Promise<RunningSlave> {
  const dataPath = options.dataPath ?? (await tempFolder('slave'));
  const confPath = join(await tempFolder('slave-conf'), 'conf.ini');
  await writeFile(confPath, options.confIni, { mode: 0o600 });
  const listen = options.listen === undefined ? [] : ['--listen', options.listen];
  const [command = '', ...before] = [...(options.within ?? []), join(root, 'slave')];
  const program = await startProgram({
    command,
    args: [...before, '-c', confPath, '--data', dataPath, ...listen],
    ...(options.env === undefined ? {} : { env: options.env }),
    ready: /listens on .*:(\d+)/,
  });
  return { ...program, port: Number(program.match[1]), confPath };
}
