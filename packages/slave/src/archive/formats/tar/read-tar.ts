import { AppError } from '@longshore/protocol';
import type { ArchiveEntry } from '../../archive-entry.ts';
import type { ByteReader } from '../../byte-reader.ts';
import type { NameDecoder } from '../../encodings/create-name-decoder.ts';
import { type PaxRecords, parsePaxRecords, paxNumber } from './pax-records.ts';
import { readSparseMap, type SparseMap } from './sparse-map.ts';
import { blockBytes, parseTarHeader, type TarHeader } from './tar-header.ts';

/** An entry and how its content stands in the tar; the content follows at the reader's position. */
export type TarEntry = {
  readonly entry: ArchiveEntry;
  readonly storedBytes: number;
  /** Where the stored pieces belong when the file has holes, else null. */
  readonly sparse: SparseMap | null;
  /** Why its content cannot be told from what is stored, else null. */
  readonly unsupported: string | null;
};

/** Extended headers and long names are small; one that claims more is an attack on memory. */
const maxExtensionBytes = 1024 * 1024;

/**
 * Reads a tar from a stream: yields each entry and expects its content to have been taken, or leaves it to be
 * skipped. Throws `ARCHIVE_CORRUPT` at a damaged header, after which nothing has a known place, and
 * `ARCHIVE_TRUNCATED` when the stream ends inside an entry.
 */
export async function* readTar(reader: ByteReader, decoder: NameDecoder): AsyncGenerator<TarEntry, void> {
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
      const parsed = parsePaxRecords(
        await takeExtension(reader, header),
        header.type === 'g' ? globalPax : pax,
      );
      if (parsed === null)
        throw new AppError('ARCHIVE_CORRUPT', `the extended header of tar entry ${index} is damaged`);
      pax = parsed;
      if (header.type === 'g') globalPax = parsed;
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
    if (header.type === 'V' || header.type === 'M') {
      if (header.type === 'M')
        throw new AppError('ARCHIVE_UNSUPPORTED', 'this is a later volume of a split tar');
      await reader.skip(padded(header.sizeBytes));
      continue;
    }

    const declaredSize = paxNumber(pax, 'size');
    if (declaredSize === null || (declaredSize ?? 0) < 0) {
      throw new AppError('ARCHIVE_CORRUPT', `tar entry ${index} has no valid size`);
    }
    const type = typeOf(header);
    const contentBytes = hasContent(type) ? (declaredSize ?? header.sizeBytes) : 0;
    if (!Number.isSafeInteger(contentBytes)) {
      throw new AppError('ARCHIVE_CORRUPT', `tar entry ${index} has no valid size`);
    }
    const contentStart = reader.position;
    const map = type === 'file' ? await readSparseMap(reader, block, header, pax, contentBytes) : null;
    const sparse = map === 'unknown' ? null : map;
    // A map in front of the content (pax sparse 1.0) is part of its size, GNU's extension headers are not.
    const storedBytes = contentBytes - (sparse?.mapBytes ?? 0);
    const name = pax.get('GNU.sparse.name') ?? pax.get('path') ?? longName ?? header.nameBytes;
    const link = pax.get('linkpath') ?? longLink ?? header.linkBytes;
    const entry = describe({
      index,
      header,
      type,
      pax,
      decoder,
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
function typeOf({ type, nameBytes }: TarHeader): ArchiveEntry['type'] {
  if (type === '5' || type === 'D') return 'folder';
  if (type === '1') return 'hardlink';
  if (type === '2') return 'symlink';
  if (type === '3' || type === '4' || type === '6') return 'special';
  return type === '0' && nameBytes.at(-1) === 0x2f ? 'folder' : 'file';
}

const hasContent = (type: ArchiveEntry['type']): boolean => type === 'file' || type === 'folder';

function describe(parts: {
  index: number;
  header: TarHeader;
  type: ArchiveEntry['type'];
  pax: PaxRecords;
  decoder: NameDecoder;
  name: Uint8Array;
  link: Uint8Array;
  size: number;
}): ArchiveEntry {
  const { index, header, type, pax, decoder, name, link, size } = parts;
  const seconds = paxNumber(pax, 'mtime') ?? header.modifiedAtSeconds;
  return {
    index,
    name: decoder.decode(name),
    type,
    sizeBytes: type === 'file' ? size : 0,
    compressedBytes: null,
    modifiedAtMs: Math.abs(seconds) <= 8.64e12 ? Math.trunc(seconds * 1000) : null,
    mode: header.mode,
    encrypted: false,
    crc32: null,
    linkTarget: type === 'symlink' || type === 'hardlink' ? decoder.decode(link) : null,
  };
}
