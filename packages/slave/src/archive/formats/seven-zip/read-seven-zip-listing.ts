import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { AppError } from '@longshore/protocol';
import type { ArchiveEntry } from '../../archive-entry.ts';

/** An entry as 7-Zip describes it, with what an extraction needs to know beyond a listing. */
export type SevenZipEntry = ArchiveEntry & {
  /** Bytes that 7-Zip writes for this entry when it extracts to standard output. */
  readonly outputBytes: number;
  /** It began in a volume before the first that was given. */
  readonly continuesEarlier: boolean;
};

/** Parses `7zz l -slt`: blocks of "Key = value" lines behind a line of dashes, an empty line between them. */
export async function* readSevenZipListing(output: Readable): AsyncGenerator<SevenZipEntry, void> {
  let block = new Map<string, string>();
  let inEntries = false;
  let index = 0;
  for await (const line of linesOf(output)) {
    if (!inEntries) {
      inEntries = line.startsWith('----------');
      continue;
    }
    if (line === '') {
      if (block.has('Path')) {
        yield describe(block, index);
        index += 1;
      }
      block = new Map();
      continue;
    }
    const equals = line.indexOf(' =');
    if (equals === -1) continue;
    const key = line.slice(0, equals);
    if (block.has(key) && key === 'Path')
      throw new AppError('ARCHIVE_CORRUPT', 'an entry of the archive has two names');
    block.set(key, line.slice(equals + 3));
  }
  if (block.has('Path')) yield describe(block, index);
}

/** Lines end at a line feed and nowhere else: everything else may stand in a name. */
async function* linesOf(output: Readable): AsyncGenerator<string, void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of output as AsyncIterable<Buffer>) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  yield rest + decoder.end();
}

function describe(block: ReadonlyMap<string, string>, index: number): SevenZipEntry {
  const field = (key: string) => block.get(key) ?? '';
  const attributes = field('Attributes');
  const unix = /(?:^|\s)([-dlbcps])([-rwxsStT]{9})(?:\s|$)/.exec(attributes);
  const isFolder = field('Folder') === '+' || attributes.startsWith('D') || unix?.[1] === 'd';
  const size = /^\d+$/.test(field('Size')) ? Number(field('Size')) : null;
  const crc = /^[0-9A-F]{8}$/.test(field('CRC')) ? Number.parseInt(field('CRC'), 16) : null;
  const isEncrypted = field('Encrypted') === '+';
  // RAR 5 hides the checksum of encrypted content behind the password, and a copy may have none of its own.
  const isHiddenCrc = (isEncrypted && block.has('Host OS')) || (crc === 0 && field('Copy Link') !== '');
  const type = typeOf(block, isFolder, unix?.[1] ?? '-');
  const linkTarget = field('Symbolic Link') || field('Hard Link') || field('Copy Link') || null;
  return {
    index,
    name: field('Path'),
    type,
    sizeBytes: size,
    compressedBytes: /^\d+$/.test(field('Packed Size')) ? Number(field('Packed Size')) : null,
    modifiedAtMs: timeOf(field('Modified')),
    mode: unix?.[2] === undefined ? null : modeBits(unix[2]),
    encrypted: isEncrypted,
    crc32: isHiddenCrc ? null : crc,
    linkTarget,
    // Nothing is written for a hard link, whatever size it declares.
    outputBytes: isFolder || type === 'hardlink' ? 0 : (size ?? 0),
    continuesEarlier: field('Split Before') === '+',
  };
}

function typeOf(
  block: ReadonlyMap<string, string>,
  isFolder: boolean,
  unixType: string,
): ArchiveEntry['type'] {
  const has = (key: string) => (block.get(key) ?? '') !== '';
  if (has('Symbolic Link') || unixType === 'l') return 'symlink';
  // A copy that declares no size is none that 7-Zip makes; with a size it is a file like others.
  if (has('Hard Link') || (has('Copy Link') && block.get('Size') === '0')) return 'hardlink';
  if (block.get('Alternate Stream') === '+' || block.get('Anti') === '+') return 'special';
  if (isFolder) return 'folder';
  return 'bcps'.includes(unixType) ? 'special' : 'file';
}

const modeBits = (text: string): number =>
  [...text].reduce(
    (mode, letter) => mode * 2 + (letter === '-' || letter === 'S' || letter === 'T' ? 0 : 1),
    0,
  );

/** It prints local time; the child runs without TZ, so that is UTC. */
function timeOf(text: string): number | null {
  const time = Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`);
  return Number.isNaN(time) ? null : time;
}

/** 7-Zip shows a line feed in a name as "_". Puts it back into the names of those it finds when asked for one. */
export function withLineFeeds(
  entries: readonly SevenZipEntry[],
  found: readonly SevenZipEntry[],
): SevenZipEntry[] {
  let next = 0;
  return entries.map((entry) => {
    const candidate = found[next];
    if (candidate === undefined || !isSame(entry, candidate)) return entry;
    next += 1;
    return { ...entry, name: entry.name.replaceAll('_', '\n') };
  });
}

const isSame = (a: SevenZipEntry, b: SevenZipEntry): boolean =>
  a.name === b.name &&
  a.sizeBytes === b.sizeBytes &&
  a.compressedBytes === b.compressedBytes &&
  a.crc32 === b.crc32 &&
  a.modifiedAtMs === b.modifiedAtMs;
