import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { AppError } from '@longshore/protocol';
import type { ReadRequest } from '../../archive-format.ts';
import { type ByteReader, createByteReader } from '../../byte-reader.ts';
import type { Extraction } from '../../extraction.ts';
import type { SafeEntry } from '../../ports.ts';
import { createSmallFileBatch, type SmallFileBatch } from '../../small-file-batch.ts';
import { followProgress } from './follow-progress.ts';
import type { OpenedPath } from './read-listing.ts';
import type { SevenZipEntry } from './read-seven-zip-listing.ts';
import { isNamingCheaper } from './selection-cost.ts';
import { startSevenZip } from './seven-zip-process.ts';

type Context = { readonly request: ReadRequest; readonly extraction: Extraction };
/** 7z cannot tell a wrong password: it shows only in content that comes out wrong. */
type Passwords = { isRight: boolean };
type Wanted = { readonly listed: SevenZipEntry; readonly entry: SafeEntry | null };

/** The entries that one run of 7-Zip writes, in their order, and how it is told so. */
type Run = {
  readonly selection: readonly Wanted[];
  readonly args: readonly string[];
  release(): Promise<void>;
};

const smallBytes = 1024 * 1024;
/** So many damaged entries are passed by before the archive as a whole counts as damaged. */
const maxRestarts = 20;

/**
 * Has 7-Zip write the contents of all entries one after the other to its standard output, and cuts them apart by
 * the sizes of the listing: nothing touches the disk, and every byte passes the budget. An entry whose checksum
 * is wrong is refused, and 7-Zip starts again behind it, since from there on the cuts may be wrong.
 */
export async function extractWithSevenZip(
  opened: OpenedPath,
  entries: readonly SevenZipEntry[],
  context: Context,
): Promise<void> {
  const { extraction } = context;
  const wanted: Wanted[] = [];
  const links: (() => Promise<void>)[] = [];
  for (const listed of entries)
    wanted.push({ listed, entry: await extraction.admit(listed, (copy) => links.push(copy)) });
  const admitted = wanted.filter(({ entry }) => entry !== null);
  extraction.expect({
    bytes: admitted.reduce((sum, { listed }) => sum + listed.outputBytes, 0),
    entries: admitted.length + links.length,
  });
  if (admitted.length > 0) await extractContents(opened, wanted, context);
  for (const copy of links) await copy();
}

async function extractContents(
  opened: OpenedPath,
  wanted: readonly Wanted[],
  context: Context,
): Promise<void> {
  const { request, extraction } = context;
  const admitted = wanted.filter(({ entry }) => entry !== null);
  if (request.password === null && admitted.some(({ listed }) => listed.encrypted)) {
    throw new AppError('PASSWORD_REQUIRED', 'the archive is encrypted');
  }

  // Where the listing has no checksum only 7-Zip can check, and says so at the end: it does that first.
  if (admitted.some(({ listed }) => listed.crc32 === null && listed.outputBytes > 0)) {
    const run = await selectFor(wanted, request);
    const options = ['-bsp1', '-bso0', '-spd', ...opened.typeArgs, ...run.args];
    const test = startSevenZip(['t', ...options, '--', opened.path], {
      signal: request.signal,
      maxCpuSeconds: request.threads.maxCpuSeconds,
      password: request.password,
    });
    const bytes = bytesOf(admitted);
    extraction.noteChecked(0);
    followProgress(test.stdout, ({ percent }) => extraction.noteChecked(Math.floor((bytes * percent) / 100)));
    try {
      await test.done;
    } finally {
      extraction.noteChecked(null);
      await run.release();
    }
  }

  const passwords: Passwords = { isRight: false };
  let rest: readonly Wanted[] = wanted;
  for (let restarts = 0; rest.some(({ entry }) => entry !== null); restarts += 1) {
    if (restarts > maxRestarts)
      throw new AppError('ARCHIVE_CORRUPT', 'too many entries of the archive are damaged');
    rest = await extractOnce(opened, rest, { passwords, ...context });
  }
}

/** Extracts until the first damaged entry; returns what comes after it. */
async function extractOnce(
  { path, typeArgs }: OpenedPath,
  wanted: readonly Wanted[],
  { request, extraction, passwords }: Context & { passwords: Passwords },
): Promise<Wanted[]> {
  const run = await selectFor(wanted, request);
  const child = startSevenZip(
    ['x', '-so', '-bd', '-spd', `-mmt=${request.threads.size}`, ...typeArgs, ...run.args, '--', path],
    {
      signal: request.signal,
      maxCpuSeconds: request.threads.maxCpuSeconds,
      password: request.password,
    },
  );
  const reader = createByteReader(child.stdout);
  const batch = createSmallFileBatch(extraction);
  try {
    for (const [at, { listed, entry }] of run.selection.entries()) {
      if (listed.outputBytes === 0 && entry !== null) {
        await batch.add({ entry, content: Buffer.alloc(0) });
      } else if (entry === null) {
        // From a damaged one on the cuts may be wrong, wanted or not.
        if (!(await isSkippedWhole(reader, listed))) return laterOf(run, at);
      } else if (!(await extractEntry(reader, { listed, entry, extraction, batch, passwords }))) {
        return laterOf(run, at);
      }
    }
    if ((await reader.take(1)) !== null)
      throw new AppError('ARCHIVE_CORRUPT', 'the archive holds more than it lists');
    await child.done;
    return [];
  } catch (error) {
    // That the output broke off is only the effect; why is what the child says.
    if (error instanceof AppError && error.code === 'ARCHIVE_TRUNCATED') await child.done;
    throw error;
  } finally {
    child.kill();
    try {
      // What was read whole is stored, whatever comes after it.
      await batch.flush();
    } finally {
      await run.release();
    }
  }
}

const laterOf = ({ selection }: Run, at: number): Wanted[] =>
  selection.slice(at + 1).filter(({ entry }) => entry !== null);

async function isSkippedWhole(reader: ByteReader, listed: SevenZipEntry): Promise<boolean> {
  const { outputBytes, crc32: expected } = listed;
  if (expected === null || outputBytes === 0) {
    await reader.skip(outputBytes);
    return true;
  }
  let checksum = 0;
  for (let left = outputBytes; left > 0; left -= smallBytes)
    checksum = crc32(await reader.need(Math.min(left, smallBytes)), checksum);
  return checksum === expected;
}

async function extractEntry(
  reader: ByteReader,
  parts: {
    listed: SevenZipEntry;
    entry: SafeEntry;
    extraction: Extraction;
    batch: SmallFileBatch;
    passwords: Passwords;
  },
): Promise<boolean> {
  const { listed, entry, extraction, batch, passwords } = parts;
  const isSuspect = listed.encrypted && !passwords.isRight;
  if (listed.outputBytes > smallBytes) {
    const declared = { sizeBytes: listed.outputBytes, crc32: listed.crc32 };
    const isStored = await extraction.storeStream(entry, [reader.stream(listed.outputBytes)], declared);
    if (!isStored && isSuspect) throw wrongPassword();
    passwords.isRight ||= isStored && listed.encrypted;
    return isStored;
  }
  const content = await reader.take(listed.outputBytes);
  if (content === null) throw new AppError('ARCHIVE_TRUNCATED', `the archive ends before "${entry.path}"`);
  if (listed.crc32 !== null && crc32(content) !== listed.crc32) {
    if (isSuspect) throw wrongPassword();
    const message = `"${entry.path}" does not have the CRC-32 that the archive names`;
    await extraction.reject({ index: entry.index, name: entry.path }, 'ENTRY_CORRUPT', message);
    return false;
  }
  passwords.isRight ||= listed.encrypted;
  await batch.add({ entry, content });
  return true;
}

const wrongPassword = () => new AppError('WRONG_PASSWORD', 'the password does not open the archive');

/**
 * What 7-Zip shall write: all but the links of a rar where most of that is needed or too many names would have to be
 * given, since it fails at links that declare a size; else what is needed by name.
 */
async function selectFor(wanted: readonly Wanted[], request: ReadRequest): Promise<Run> {
  const needed = wanted.filter(({ entry }) => entry !== null);
  const isFromStart = wanted[0]?.listed.index === 0;
  const isCheaper = isNamingCheaper({
    entries: wanted.length,
    wantedEntries: needed.length,
    bytes: bytesOf(wanted),
    wantedBytes: bytesOf(needed),
  });
  if (!isFromStart || isCheaper) return await selectByName(wanted, needed, 'i', request);
  const neededNames = new Set(needed.map(({ listed }) => listed.name));
  const links = wanted.filter(({ listed }) => isLink(listed) && !neededNames.has(listed.name));
  if (links.length > 0) return await selectByName(wanted, links, 'x', request);
  return { selection: wanted, args: [], release: async () => undefined };
}

const bytesOf = (entries: readonly Wanted[]): number =>
  entries.reduce((sum, { listed }) => sum + listed.outputBytes, 0);

/** A link in a 7z is none of these but a file that holds what it points to. */
const isLink = ({ type, linkTarget }: SevenZipEntry): boolean =>
  type === 'hardlink' || (type === 'symlink' && linkTarget !== null);

/** The names 7-Zip shall include or exclude, in a file; entries of the same name come along or are left out. */
async function selectByName(
  wanted: readonly Wanted[],
  named: readonly Wanted[],
  how: 'i' | 'x',
  { tempSpace }: ReadRequest,
): Promise<Run> {
  const names = new Set(named.map(({ listed }) => listed.name));
  const text = [...names].join('\n');
  const { folder, release } = await tempSpace.reserve(Buffer.byteLength(text));
  const file = join(folder, 'names.txt');
  await writeFile(file, text);
  return {
    selection: wanted.filter(({ listed }) => names.has(listed.name) === (how === 'i')),
    args: [`-${how}@${file}`, '-scsUTF-8'],
    release,
  };
}
