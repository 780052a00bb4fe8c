import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { AppError } from '@longshore/protocol';
import type { ReadRequest } from '../../archive-format.ts';
import { type ByteReader, createByteReader } from '../../byte-reader.ts';
import type { Extraction } from '../../extraction.ts';
import type { SafeEntry } from '../../ports.ts';
import type { SevenZipEntry } from './read-seven-zip-listing.ts';
import { startSevenZip } from './seven-zip-process.ts';

type Context = { readonly request: ReadRequest; readonly extraction: Extraction };
/** 7z cannot tell a wrong password: it shows only in content that comes out wrong. */
type Passwords = { isRight: boolean };
type Wanted = { readonly listed: SevenZipEntry; readonly entry: SafeEntry | null };

const smallBytes = 1024 * 1024;
/** So many damaged entries are passed by before the archive as a whole counts as damaged. */
const maxRestarts = 20;

/**
 * Has 7-Zip write the contents of all entries one after the other to its standard output, and cuts them apart by
 * the sizes of the listing: nothing touches the disk, and every byte passes the budget. An entry whose checksum
 * is wrong is refused, and 7-Zip starts again behind it, since from there on the cuts may be wrong.
 */
export async function extractWithSevenZip(
  path: string,
  entries: readonly SevenZipEntry[],
  context: Context,
): Promise<void> {
  const { extraction, request } = context;
  const wanted: Wanted[] = [];
  for (const listed of entries) wanted.push({ listed, entry: await extraction.admit(listed) });
  const admitted = wanted.filter(({ entry }) => entry !== null);
  extraction.expect({
    bytes: admitted.reduce((sum, { listed }) => sum + listed.outputBytes, 0),
    entries: admitted.length,
  });
  if (admitted.length === 0) return;
  if (request.password === null && admitted.some(({ listed }) => listed.encrypted)) {
    throw new AppError('PASSWORD_REQUIRED', 'the archive is encrypted');
  }

  // Where the listing has no checksum only 7-Zip can check, and says so at the end: it does that first.
  if (admitted.some(({ listed }) => listed.crc32 === null && listed.outputBytes > 0)) {
    const test = startSevenZip(['t', '-bd', '--', path], {
      signal: request.signal,
      password: request.password,
    });
    test.stdout.resume();
    await test.done;
  }

  const passwords: Passwords = { isRight: false };
  let rest = wanted;
  for (let restarts = 0; rest.some(({ entry }) => entry !== null); restarts += 1) {
    if (restarts > maxRestarts)
      throw new AppError('ARCHIVE_CORRUPT', 'too many entries of the archive are damaged');
    rest = await extractOnce(path, rest, { isWhole: rest === wanted, passwords, ...context });
  }
}

/** Extracts until the first damaged entry; returns what comes after it. */
async function extractOnce(
  path: string,
  wanted: readonly Wanted[],
  { request, extraction, isWhole, passwords }: Context & { isWhole: boolean; passwords: Passwords },
): Promise<Wanted[]> {
  const needed = wanted
    .filter(({ entry }) => entry !== null)
    .reduce((sum, { listed }) => sum + listed.outputBytes, 0);
  const all = wanted.reduce((sum, { listed }) => sum + listed.outputBytes, 0);
  const run =
    isWhole && needed * 2 >= all
      ? { selection: wanted, args: [], release: async () => undefined }
      : await selectByName(wanted, request);
  const child = startSevenZip(
    ['x', '-so', '-bd', '-spd', `-mmt=${request.threads.size}`, ...run.args, '--', path],
    {
      signal: request.signal,
      password: request.password,
    },
  );
  const reader = createByteReader(child.stdout);
  try {
    for (const [at, { listed, entry }] of run.selection.entries()) {
      if (listed.outputBytes === 0 && entry !== null) {
        await extraction.storeSmall([{ entry, content: Buffer.alloc(0) }]);
      } else if (entry === null) {
        await reader.skip(listed.outputBytes);
      } else if (!(await extractEntry(reader, { listed, entry, extraction, passwords }))) {
        return run.selection.slice(at + 1).filter((later) => later.entry !== null);
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
    await run.release();
  }
}

async function extractEntry(
  reader: ByteReader,
  parts: { listed: SevenZipEntry; entry: SafeEntry; extraction: Extraction; passwords: Passwords },
): Promise<boolean> {
  const { listed, entry, extraction, passwords } = parts;
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
  await extraction.storeSmall([{ entry, content }]);
  return true;
}

const wrongPassword = () => new AppError('WRONG_PASSWORD', 'the password does not open the archive');

/** The names 7-Zip shall extract, in a file; entries of the same name come along and are passed by. */
async function selectByName(wanted: readonly Wanted[], { tempSpace }: ReadRequest) {
  const names = new Set(wanted.filter(({ entry }) => entry !== null).map(({ listed }) => listed.name));
  const text = [...names].join('\n');
  const { folder, release } = await tempSpace.reserve(Buffer.byteLength(text));
  const file = join(folder, 'names.txt');
  await writeFile(file, text);
  return {
    selection: wanted.filter(({ listed }) => names.has(listed.name)),
    args: [`-i@${file}`, '-scsUTF-8'],
    release,
  };
}
