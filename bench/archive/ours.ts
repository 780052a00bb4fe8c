/**
 * One run of the engine as a process of its own: `ours.ts create <format> <folder> <archive>` or
 * `ours.ts extract <archive> <folder>`. Prints what the work took, without the start of the process. Reads and writes this machine's files, as a slave with a local store does.
 */
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  write,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { freeChunk } from '../../packages/runtime/src/storage/free-chunk.ts';
import { createArchive } from '../../packages/slave/src/archive/create-archive.ts';
import { extractArchive } from '../../packages/slave/src/archive/extract-archive.ts';
import type { FormatId } from '../../packages/slave/src/archive/formats.ts';
import type { ArchiveMember, EntrySink } from '../../packages/slave/src/archive/ports.ts';
import { localSource } from '../../packages/slave/src/archive/test-support/sources.ts';
import { tempSpaceIn } from '../../packages/slave/src/archive/test-support/temp-space.ts';
import { createArchiveThreads } from '../../packages/slave/src/archive/threads/archive-threads.ts';

async function* membersOf(root: string, below = ''): AsyncGenerator<ArchiveMember> {
  for (const name of readdirSync(`${root}/${below}`)) {
    const path = `${below}${name}`;
    const full = `${root}/${path}`;
    const stats = statSync(full);
    const { mtimeMs, mode, size } = stats;
    if (stats.isDirectory()) {
      yield { kind: 'folder', path, modifiedAtMs: mtimeMs, mode };
      yield* membersOf(root, `${path}/`);
    } else {
      yield { kind: 'file', path, modifiedAtMs: mtimeMs, mode, source: localSource(full, size) };
    }
  }
}

/** Small files are written at once: on tmpfs a call costs less than handing it to another thread. */
function folderSink(root: string): EntrySink {
  const made = new Set<string>();
  const makeFolder = (path: string) => {
    if (made.has(path)) return;
    mkdirSync(path, { recursive: true });
    made.add(path);
  };
  return {
    isStored: () => false,
    async storeFolder({ path }) {
      makeFolder(join(root, path));
    },
    async storeFiles(files) {
      for (const { entry, content } of files) {
        const path = join(root, entry.path);
        makeFolder(dirname(path));
        const file = openSync(path, 'wx');
        if (content.length > 0) writeSync(file, content);
        closeSync(file);
      }
    },
    async storeFile({ path }, content) {
      makeFolder(dirname(join(root, path)));
      const stream = content instanceof Readable ? content : Readable.from([content]);
      await pipeline(stream, fileWriter(join(root, path)));
    },
    async reject({ name, code, message }) {
      throw new Error(`${name}: ${code} ${message}`);
    },
  };
}

/** Frees what it has written, as the sinks of a slave do. */
function fileWriter(path: string): Writable {
  const file = openSync(path, 'w');
  return new Writable({
    highWaterMark: 1024 * 1024,
    write(chunk: Buffer, _encoding, done) {
      write(file, chunk, (error, bytes) => {
        const isWhole = bytes === chunk.length;
        freeChunk(chunk);
        done(error ?? (isWhole ? null : new Error(`${path} took only a part of what was written`)));
      });
    },
    final(done) {
      closeSync(file);
      done();
    },
  });
}

const threads = createArchiveThreads({ size: Number(process.env.BENCH_THREADS ?? 2) });
const common = {
  threads,
  tempSpace: tempSpaceIn('/dev/shm/longshore-bench-temp'),
  onProgress: () => undefined,
  onLost: (_member: ArchiveMember, error: Error) => {
    throw error;
  },
  signal: new AbortController().signal,
};
const unlimited = Number.MAX_SAFE_INTEGER;
const budget = {
  maxBytes: unlimited,
  maxEntries: unlimited,
  maxEntryBytes: unlimited,
  maxRatio: 1e6,
  maxDepth: 100,
  maxPathBytes: 4096,
};

async function run(action: string, first: string, second: string, third: string): Promise<void> {
  if (action === 'create') {
    const sink = fileWriter(third);
    const level = Number(process.env.BENCH_LEVEL ?? 6);
    await createArchive({ format: first as FormatId, level, members: membersOf(second), sink, ...common });
  } else {
    const sink = folderSink(second);
    const source = localSource(first);
    await extractArchive({ source, name: first, select: [], onUnsafe: 'fail', budget, sink, ...common });
  }
}

/** A slave runs for months: its threads have started and its code is warm when a task comes. */
async function warmUp(): Promise<void> {
  const folder = mkdtempSync('/dev/shm/longshore-bench-warm-');
  mkdirSync(join(folder, 'in'));
  writeFileSync(join(folder, 'in', 'file.txt'), 'warm\n'.repeat(1000));
  for (const format of ['zip', 'tar.gz']) {
    await run('create', format, join(folder, 'in'), join(folder, `archive.${format}`));
    await run('extract', join(folder, `archive.${format}`), join(folder, format), '');
  }
  rmSync(folder, { recursive: true });
}

const [action = '', first = '', second = '', third = ''] = process.argv.slice(2);
await warmUp();
const delays = monitorEventLoopDelay({ resolution: 5 });
delays.enable();
const startedAtMs = performance.now();
const cpu = process.cpuUsage();
await run(action, first, second, third);
const { user, system } = process.cpuUsage(cpu);
const report = {
  seconds: (performance.now() - startedAtMs) / 1000,
  cpuSeconds: (user + system) / 1e6,
  rssMiB: process.resourceUsage().maxRSS / 1024,
  /** The longest that anything else in the process had to wait. */
  longestBlockMs: delays.max / 1e6,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
await threads.close();
