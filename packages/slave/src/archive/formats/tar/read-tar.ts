import { AppError } from '@longshore/protocol';
import type { ArchiveEntry } from '../../archive-entry.ts';
import type { ReadRequest } from '../../archive-format.ts';
import type { ByteReader } from '../../byte-reader.ts';
import type { NameDecoder } from '../../encodings/create-name-decoder.ts';
import { type PaxRecords, parsePaxRecords, paxNumber } from './pax-records.ts';
import { readSparseMap, type SparseMap } from './sparse-map.ts';
import { blockBytes, isTarHeader, isZero, parseTarHeader, type TarHeader } from './tar-header.ts';

export type TarRequest = Pick<ReadRequest, 'names' | 'onNote'>;

/** An entry and how its content stands in the tar; the content follows at the reader's position. */
export type TarEntry = {
  readonly entry: ArchiveEntry;
  readonly storedBytes: number;
  /** Where the stored pieces belong when the file has holes, else null. */
  readonly sparse: SparseMap | null;
  /** Why its content cannot be told from what is stored, else null. */
  readonly unsupported: string | null;
};

/** Headers that say something of others: volume names, and Solaris's access lists, extended attributes and names. */
const passedBy: ReadonlySet<string> = new Set(['V', 'A', 'E', 'N']);

/** Extended headers and long names are small; one that claims more is an attack on memory. */
const maxExtensionBytes = 1024 * 1024;

/**
 * Reads a tar from a stream: yields each entry and expects its content to have been taken, or leaves it to be
 * skipped. Throws `ARCHIVE_CORRUPT` at a damaged header, after which nothing has a known place, and
 * `ARCHIVE_TRUNCATED` when the stream ends inside an entry.
 */
export async function* readTar(
  reader: ByteReader,
  { names, onNote }: TarRequest,
): AsyncGenerator<TarEntry, void> {
  let globalPax: PaxRecords = new Map();
  let pax: PaxRecords = globalPax;
  let longName: Buffer | null = null;
  let longLink: Buffer | null = null;
  let index = 0;
  for (;;) {
    const block = reader.takeNow(blockBytes) ?? (await reader.take(blockBytes));
    if (block === null) {
      // Some writers leave the closing zeros out; without anything before it is no tar.
      if (index === 0) throw new AppError('ARCHIVE_TRUNCATED', 'the tar is empty');
      return;
    }
    const header = parseTarHeader(block);
    if (header === null) return;
    if (header === 'damaged')
      throw new AppError('ARCHIVE_CORRUPT', `the header of tar entry ${index} is damaged`);

    if (header.type === 'x' || header.type === 'g' || header.type === 'X') {
      const { records, isDamaged } = parsePaxRecords(
        await takeExtension(reader, header),
        header.type === 'g' ? globalPax : pax,
      );
      if (isDamaged) onNote(`the extended header of tar entry ${index} is damaged and was read in part`);
      pax = records;
      if (header.type === 'g') globalPax = records;
      continue;
    }
    if (header.type === 'L' || header.type === 'K') {
      const text = await takeExtension(reader, header);
      const end = text.indexOf(0);
      const name = end === -1 ? text : text.subarray(0, end);
      if (header.type === 'L') longName = name;
      else longLink = name;
      continue;
    }
    if (header.type === 'M') {
      throw new AppError('ARCHIVE_UNSUPPORTED', 'this is a later volume of a split tar');
    }
    if (passedBy.has(header.type)) {
      await reader.skip(padded(header.sizeBytes));
      continue;
    }

    const declaredSize = paxNumber(pax, 'size');
    if (declaredSize === null || (declaredSize ?? 0) < 0) {
      throw new AppError('ARCHIVE_CORRUPT', `tar entry ${index} has no valid size`);
    }
    const name = pax.get('GNU.sparse.name') ?? pax.get('path') ?? longName ?? header.nameBytes;
    const link = pax.get('linkpath') ?? longLink ?? header.linkBytes;
    const sizeBytes = declaredSize ?? header.sizeBytes;
    if (!Number.isSafeInteger(sizeBytes)) {
      throw new AppError('ARCHIVE_CORRUPT', `tar entry ${index} has no valid size`);
    }
    const contentBytes = (await hasBody(reader, header, sizeBytes)) ? sizeBytes : 0;
    const type = typeOf(header, name, contentBytes);
    const contentStart = reader.position;
    const map = type === 'file' ? await readSparseMap(reader, block, header, pax, contentBytes) : null;
    const sparse = map === 'unknown' ? null : map;
    // A map in front of the content (pax sparse 1.0) is part of its size, GNU's extension headers are not.
    const storedBytes = contentBytes - (sparse?.mapBytes ?? 0);
    const entry = describe({
      index,
      header,
      type,
      pax,
      names,
      name,
      link,
      size: sparse?.sizeBytes ?? contentBytes,
    });
    const nextAt = reader.position + padded(storedBytes);
    const unsupported = map === 'unknown' ? 'is a sparse file in a format that is not known' : null;
    yield { entry, storedBytes, sparse, unsupported };
    if (reader.position < contentStart || reader.position > nextAt) {
      throw new AppError('INTERNAL', 'more of a tar entry was read than it has');
    }
    await reader.skip(nextAt - reader.position);
    index += 1;
    pax = globalPax;
    longName = null;
    longLink = null;
  }
}

const padded = (bytes: number): number => Math.ceil(bytes / blockBytes) * blockBytes;

async function takeExtension(reader: ByteReader, { sizeBytes }: TarHeader): Promise<Buffer> {
  if (sizeBytes > maxExtensionBytes) {
    throw new AppError('ARCHIVE_CORRUPT', `an extended header claims ${sizeBytes} bytes`);
  }
  const bytes = await reader.take(padded(sizeBytes));
  if (bytes === null) throw new AppError('ARCHIVE_TRUNCATED', 'the archive ends in an extended header');
  return bytes.subarray(0, sizeBytes);
}

/** POSIX: types that are not known are regular files. V7 marks folders by a slash alone. */
function typeOf({ type }: TarHeader, name: Uint8Array, contentBytes: number): ArchiveEntry['type'] {
  if (type === '5' || type === 'D') return 'folder';
  // Some writers of pax give every link the content again.
  if (type === '1') return contentBytes > 0 ? 'file' : 'hardlink';
  if (type === '2') return 'symlink';
  if (type === '3' || type === '4' || type === '6') return 'special';
  return (type === '0' || type === '7') && name.at(-1) === 0x2f ? 'folder' : 'file';
}

const bodyless: ReadonlySet<string> = new Set(['1', '2', '3', '4', '5', '6']);

/**
 * Links, devices and folders have no content, and some writers give them a size all the same. A few give them the
 * content as well: then no header follows, and not the end.
 */
async function hasBody(reader: ByteReader, { type }: TarHeader, sizeBytes: number): Promise<boolean> {
  if (sizeBytes === 0 || !bodyless.has(type)) return sizeBytes > 0;
  const next = await reader.peek(blockBytes * 2);
  return next.length > 0 && !isTarHeader(next) && !isZero(next);
}

function describe(parts: {
  index: number;
  header: TarHeader;
  type: ArchiveEntry['type'];
  pax: PaxRecords;
  names: NameDecoder;
  name: Uint8Array;
  link: Uint8Array;
  size: number;
}): ArchiveEntry {
  const { index, header, type, pax, names, name, link, size } = parts;
  const seconds = paxNumber(pax, 'mtime') ?? header.modifiedAtSeconds;
  return {
    index,
    name: names.decode(name),
    type,
    sizeBytes: type === 'file' ? size : 0,
    compressedBytes: null,
    modifiedAtMs: Math.abs(seconds) <= 8.64e12 ? Math.trunc(seconds * 1000) : null,
    mode: header.mode,
    encrypted: false,
    crc32: null,
    linkTarget: type === 'symlink' || type === 'hardlink' ? names.decode(link) : null,
  };
}
