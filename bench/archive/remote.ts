/**
 * A zip that is elsewhere: how much of it is read, in how many requests, and how long that takes when each request waits
 * 20 ms and each connection carries 40 MB/s; against fetching it whole by one connection and extracting it then.
 *
 *   node bench/archive/remote.ts <zip> [rounds] [pattern…]
 */
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { extractArchive } from '../../packages/slave/src/archive/extract-archive.ts';
import type { ByteRange, ByteSource } from '../../packages/slave/src/archive/ports.ts';
import { memorySink } from '../../packages/slave/src/archive/test-support/memory-sink.ts';
import { noTempSpace } from '../../packages/slave/src/archive/test-support/run-archive.ts';
import { createArchiveThreads } from '../../packages/slave/src/archive/threads/archive-threads.ts';
import { percentile } from '../lib/cluster.ts';

const latencyMs = 20;
const bytesPerMs = 40_000;
const chunkBytes = 64 * 1024;

const [path = '', rounds = '5', ...patterns] = process.argv.slice(2);
const bytes = readFileSync(path);
const threads = createArchiveThreads({ size: 2 });

function distant(): ByteSource & { readonly requests: ByteRange[] } {
  const requests: ByteRange[] = [];
  async function* send({ start, end }: ByteRange): AsyncGenerator<Buffer> {
    await pause(latencyMs);
    const beganMs = performance.now();
    for (let at = start; at < end; at += chunkBytes) {
      const dueMs = (at - start) / bytesPerMs - (performance.now() - beganMs);
      if (dueMs > 1) await pause(dueMs);
      yield bytes.subarray(at, Math.min(end, at + chunkBytes));
    }
  }
  return {
    sizeBytes: bytes.length,
    localPath: null,
    sha256: null,
    requests,
    open(range) {
      requests.push(range);
      return Readable.from(send(range), { objectMode: false, highWaterMark: 1024 * 1024 });
    },
  };
}

async function extract(source: ByteSource, select: readonly string[]): Promise<number> {
  const sink = memorySink();
  const most = Number.MAX_SAFE_INTEGER;
  await extractArchive({
    ...{ source, name: path, select, onUnsafe: 'fail', sink, threads, tempSpace: noTempSpace },
    budget: {
      maxBytes: most,
      maxEntries: most,
      maxEntryBytes: most,
      maxRatio: 1e6,
      maxDepth: 100,
      maxPathBytes: 4096,
    },
    onProgress: () => undefined,
    signal: new AbortController().signal,
  });
  return sink.files.size;
}

type Run = { files: number; seconds: number; requests: number; share: number };

async function byRange(select: readonly string[]): Promise<Run> {
  const source = distant();
  const startedMs = performance.now();
  const files = await extract(source, select);
  const fetched = source.requests.reduce((sum, { start, end }) => sum + end - start, 0);
  const seconds = (performance.now() - startedMs) / 1000;
  return { files, seconds, requests: source.requests.length, share: fetched / bytes.length };
}

async function wholeFirst(): Promise<Run> {
  const source = distant();
  const startedMs = performance.now();
  const range = { start: 0, end: bytes.length };
  const content = await buffer(source.open(range, new AbortController().signal));
  const here: ByteSource = {
    ...source,
    open: ({ start, end }) => Readable.from([Buffer.from(content.subarray(start, end))]),
  };
  const files = await extract(here, []);
  return { files, seconds: (performance.now() - startedMs) / 1000, requests: 1, share: 1 };
}

const ways = {
  'by range': () => byRange([]),
  'fetched, then extracted': wholeFirst,
  ...(patterns.length === 0 ? {} : { 'a selection by range': () => byRange(patterns) }),
};
const runs = new Map<string, Run[]>();
for (let round = 0; round <= Number(rounds); round += 1) {
  for (const [name, run] of Object.entries(ways)) {
    const one = await run();
    // The first round only warms up.
    if (round > 0) runs.set(name, [...(runs.get(name) ?? []), one]);
  }
}
await threads.close();
process.stdout.write(`${rounds} rounds, load ${loadavg()[0]?.toFixed(1)}\n\n`);
for (const [name, of] of runs) {
  const { files, requests, share } = of[0] as Run;
  const seconds = of.map((run) => run.seconds);
  process.stdout.write(
    `| ${name} | ${files} | ${percentile(seconds, 0.5).toFixed(2)} (${Math.min(...seconds).toFixed(2)}) | ${requests} | ${(share * 100).toFixed(1)} % |\n`,
  );
}
