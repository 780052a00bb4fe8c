/**
 * Bulk bytes between master and slave: a slave reads a file from the master and stores it there again, as a tar of
 * one member, against the same bytes moved by nginx (sendfile and WebDAV) and curl.
 *
 *   node bench/blobs.ts [size in MiB, default 1024] [rounds, default 5]
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { files } from '@longshore/protocol';
import { eventually } from '../test/support/eventually.ts';
import { onCloseAll } from '../test/support/programs.ts';
import { cliUser } from '../test/support/run-cli.ts';
import { cpuSeconds, percentile, residentBytes, startCluster } from './lib/cluster.ts';
import { removeAtEnd } from './lib/remove-at-end.ts';

const sizeMiB = Number(process.argv[2] ?? 1024);
const rounds = Number(process.argv[3] ?? 5);
const folder = await mkdtemp('/dev/shm/longshore-bench-');
const nginxPort = 5493;

async function makeInput(path: string): Promise<void> {
  const block = randomBytes(1 << 20);
  const blocks = function* () {
    for (let index = 0; index < sizeMiB; index += 1) {
      block.writeUInt32LE(index, 0);
      yield Buffer.from(block);
    }
  };
  await pipeline(Readable.from(blocks()), createWriteStream(path));
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  await once(child, 'exit');
  if (child.exitCode !== 0) throw new Error(`${command} ended with ${child.exitCode}`);
}

async function startNginx(): Promise<void> {
  await mkdir(join(folder, 'nginx', 'out'), { recursive: true });
  const conf = join(folder, 'nginx.conf');
  await writeFile(
    conf,
    `daemon off; user root; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr error;
events {}
http { access_log off; sendfile on; client_max_body_size 0; client_body_temp_path ${folder}/nginx/tmp;
  server { listen 127.0.0.1:${nginxPort}; root ${folder}/nginx; location /out { dav_methods PUT; } } }`,
  );
  const child = spawn('nginx', ['-c', conf, '-p', folder], { stdio: 'inherit' });
  onCloseAll(async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  await eventually('nginx answers', async () =>
    fetch(`http://127.0.0.1:${nginxPort}/`).then(
      () => true,
      () => false,
    ),
  );
}

const cleanUp = removeAtEnd(folder);

const input = join(folder, 'nginx', 'input.bin');
await mkdir(join(folder, 'nginx'), { recursive: true });
await makeInput(input);
await startNginx();
const cluster = await startCluster([{ name: 'a', weight: 1, port: 5411 }], {
  dataPath: join(folder, 'master'),
});
const cli = cliUser(folder);
await cli.run(['login', cluster.master.url, '--user', 'admin', '--password-stdin'], {
  input: 'correct horse battery\n',
});
await cli.run(['put', input, '/']);

async function throughSlave(): Promise<number> {
  const task = await cluster.complete({
    kind: 'create-archive',
    sources: ['/input.bin'],
    destination: '/out.tar',
  });
  await cluster.call(files.remove, { body: { paths: ['/out.tar'] } });
  const [attempt] = task.parts[0]?.attempts ?? [];
  return ((attempt?.endedAtMs ?? 0) - (attempt?.startedAtMs ?? 0)) / 1000;
}

async function throughNginx(): Promise<number> {
  const startedMs = performance.now();
  const url = `http://127.0.0.1:${nginxPort}`;
  await run('bash', ['-c', `set -o pipefail; curl -sf ${url}/input.bin | curl -sf -T - ${url}/out/out.bin`]);
  const seconds = (performance.now() - startedMs) / 1000;
  await rm(join(folder, 'nginx', 'out', 'out.bin'));
  return seconds;
}

const programs = { slave: cluster.slaves[0]?.child.pid, master: cluster.master.child.pid };
const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
const idle = Object.values(programs).map((pid) => residentBytes(pid).now);
const cpuOf = new Map<string, number[]>();

const contestants = { 'longshore slave': throughSlave, 'nginx and curl': throughNginx };
const seconds = new Map<string, number[]>();
for (let round = 0; round <= rounds; round += 1) {
  for (const [name, contestant] of Object.entries(contestants)) {
    const before = Object.values(programs).map(cpuSeconds);
    const took = await contestant();
    // The first round warms up.
    if (round === 0) continue;
    seconds.set(name, [...(seconds.get(name) ?? []), took]);
    if (contestant !== throughSlave) continue;
    for (const [at, [program, pid]] of Object.entries(programs).entries()) {
      const spent = ((cpuSeconds(pid) - (before[at] ?? 0)) * 1024) / sizeMiB;
      cpuOf.set(program, [...(cpuOf.get(program) ?? []), spent]);
    }
  }
}
console.log(
  `load average     ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}`,
);
for (const [name, all] of seconds) {
  const median = percentile(all, 0.5);
  console.log(
    `${name.padEnd(16)} ${(sizeMiB / median).toFixed(0)} MiB/s down and up (median of ${all.length}; ${all.map((one) => one.toFixed(2)).join(' ')} s)`,
  );
}
for (const [at, [program, pid]] of Object.entries(programs).entries()) {
  const { now, peak } = residentBytes(pid);
  const spent = percentile(cpuOf.get(program) ?? [], 0.5).toFixed(2);
  const memory = `${mebibytes(idle[at] ?? 0)} before, ${mebibytes(now)} now, ${mebibytes(peak)} at most`;
  console.log(`${program.padEnd(16)} ${spent} CPU seconds per GiB; memory ${memory}`);
}
await cleanUp();
process.exit(0);
