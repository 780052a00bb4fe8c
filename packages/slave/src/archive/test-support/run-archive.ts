import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ListedEntry } from '../archive-entry.ts';
import { type CreateArchiveRequest, createArchive } from '../create-archive.ts';
import { type ExtractArchiveRequest, extractArchive } from '../extract-archive.ts';
import type { BudgetLimits } from '../extraction-budget.ts';
import { joinZips } from '../formats/zip/join-zips.ts';
import { type ListArchiveRequest, listArchive } from '../list-archive.ts';
import type { ArchiveMember, ByteSource, TempSpace } from '../ports.ts';
import type { ArchiveThreads } from '../threads/archive-threads.ts';
import { type MemorySink, memorySink } from './memory-sink.ts';
import { remoteSource } from './sources.ts';

export const generousBudget: BudgetLimits = {
  maxBytes: 256 * 1024 * 1024,
  maxEntries: 100_000,
  maxEntryBytes: 256 * 1024 * 1024,
  maxRatio: 1000,
  maxDepth: 100,
  maxPathBytes: 4096,
};

export const noTempSpace: TempSpace = {
  reserve: () => Promise.reject(new Error('this test expects no temporary files')),
};

export const neverAborted = (): AbortSignal => new AbortController().signal;

export function fileMember(
  path: string,
  content: string | Buffer,
  modifiedAtMs = 1_700_000_000_000,
): ArchiveMember {
  return { kind: 'file', path, modifiedAtMs, mode: 0o644, source: remoteSource(Buffer.from(content)) };
}

export const folderMember = (path: string, modifiedAtMs = 1_700_000_000_000): ArchiveMember => ({
  kind: 'folder',
  path,
  modifiedAtMs,
  mode: 0o755,
});

/** Makes an archive in memory. */
export async function archiveOf(
  threads: ArchiveThreads,
  members: readonly ArchiveMember[],
  request: Partial<CreateArchiveRequest> & Pick<CreateArchiveRequest, 'format'>,
): Promise<Buffer> {
  const sink = new PassThrough();
  const collected = request.sink === undefined ? buffer(sink) : Promise.resolve(Buffer.alloc(0));
  collected.catch(() => undefined);
  await createArchive({
    level: 'normal',
    members: (async function* () {
      yield* members;
    })(),
    sink,
    threads,
    tempSpace: noTempSpace,
    onProgress: () => undefined,
    onLost: (_member, error) => {
      throw error;
    },
    signal: neverAborted(),
    ...request,
  });
  return await collected;
}

/** Makes a zip of each of these and joins them, in memory. */
export async function joinedOf(
  threads: ArchiveThreads,
  pieces: readonly (readonly ArchiveMember[])[],
  request: Partial<CreateArchiveRequest> = {},
): Promise<Buffer> {
  const made: Buffer[] = [];
  for (const members of pieces) {
    made.push(await archiveOf(threads, members, { format: 'zip', isPiece: true, ...request }));
  }
  return joined(made.map((piece) => remoteSource(piece)));
}

/** Joins pieces in memory. */
export async function joined(
  pieces: readonly ByteSource[],
  request: Partial<Parameters<typeof joinZips>[0]> = {},
): Promise<Buffer> {
  const sink = new PassThrough();
  const collected = request.sink === undefined ? buffer(sink) : Promise.resolve(Buffer.alloc(0));
  collected.catch(() => undefined);
  await joinZips({ pieces, sink, onRead: () => undefined, signal: neverAborted(), ...request });
  return await collected;
}

export async function extracted(
  threads: ArchiveThreads,
  request: Partial<ExtractArchiveRequest> & Pick<ExtractArchiveRequest, 'source'>,
): Promise<MemorySink & { result: Awaited<ReturnType<typeof extractArchive>> }> {
  const sink = memorySink();
  const result = await extractArchive({
    name: 'archive.bin',
    select: [],
    onUnsafe: 'skip',
    budget: generousBudget,
    sink,
    threads,
    tempSpace: noTempSpace,
    onProgress: () => undefined,
    signal: neverAborted(),
    ...request,
  });
  return { ...sink, result };
}

export async function listed(
  threads: ArchiveThreads,
  request: Partial<ListArchiveRequest> & Pick<ListArchiveRequest, 'source'>,
): Promise<ListedEntry[]> {
  const entries: ListedEntry[] = [];
  const listing = await listArchive({
    name: 'archive.bin',
    limits: generousBudget,
    threads,
    tempSpace: noTempSpace,
    signal: neverAborted(),
    ...request,
  });
  for await (const entry of listing.entries) entries.push(entry);
  return entries;
}
