import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { fakeSecret } from './fake-master.ts';
import { until } from './until.ts';

const program = fileURLToPath(new URL('../main.ts', import.meta.url));

/** The slave as a process of its own. */
export type SlaveProgram = {
  url: string;
  child: ChildProcess;
  output: () => string;
  exit: Promise<number | string | null>;
};

/** A configuration that starts on a free port, with `lines` at the end, in [OptionOverwrite]. */
export function writeConfIni(folder: string, lines = ''): string {
  const file = join(folder, 'conf.ini');
  writeFileSync(
    file,
    `[System]\nListen = 127.0.0.1:0\n[Slave]\nSecret = ${fakeSecret}\nDataPath = data\n[OptionOverwrite]\nqueue_slave_retry_delay = 0.05\n${lines}`,
    { mode: 0o600 },
  );
  return file;
}

export function spawnSlave(args: string[], ipc = false): SlaveProgram {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  const { promise, resolve } = Promise.withResolvers<number | string | null>();
  child.once('exit', (code, signal) => resolve(code ?? signal));
  return { url: '', child, output: () => output, exit: promise };
}

/** Starts the slave of the `conf.ini` in a folder, and waits until it listens. */
export async function startSlaveProgram(folder: string): Promise<SlaveProgram> {
  const slave = spawnSlave(['-c', join(folder, 'conf.ini')]);
  await until(
    'the slave listens',
    () => slave.output().includes('listens on') || slave.child.exitCode !== null,
  );
  const port = /listens on 127\.0\.0\.1:(\d+)/.exec(slave.output())?.[1];
  if (port === undefined) throw new Error(`the slave did not start: ${slave.output()}`);
  return { ...slave, url: `http://127.0.0.1:${port}` };
}
