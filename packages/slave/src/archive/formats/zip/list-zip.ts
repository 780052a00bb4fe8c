import type { ArchiveEntry } from '../../archive-entry.ts';
import type { ReadRequest } from '../../archive-format.ts';
import type { NameDecoder } from '../../encodings/create-name-decoder.ts';
import { readZipDirectory, type ZipDirectory } from './read-zip-directory.ts';
import type { ZipRecord } from './zip-record.ts';

/** A zip's directory with its names decoded. */
export type OpenedZip = {
  readonly directory: ZipDirectory;
  entries(): AsyncGenerator<{ record: ZipRecord; entry: ArchiveEntry }, void>;
};

export async function openZip(request: ReadRequest): Promise<OpenedZip> {
  const directory = await readZipDirectory(request.source, request.signal);
  const decoder = request.names;
  await sampleNames(directory, decoder);
  async function* entries() {
    for await (const record of directory.records()) yield { record, entry: describe(record, decoder) };
  }
  return { directory, entries };
}

async function sampleNames(directory: ZipDirectory, decoder: NameDecoder): Promise<void> {
  if (!decoder.wantsSamples) return;
  for await (const { utf8Name, nameBytes } of directory.records()) {
    if (utf8Name === null) decoder.sample(nameBytes);
    if (!decoder.wantsSamples) return;
  }
}

export async function* listZip(request: ReadRequest): AsyncGenerator<ArchiveEntry, void> {
  const zip = await openZip(request);
  for await (const { entry } of zip.entries()) yield entry;
}

function describe(record: ZipRecord, decoder: NameDecoder): ArchiveEntry {
  const name = withSlashes(record.utf8Name ?? decoder.decode(record.nameBytes), record.madeBy);
  const isUnix = record.madeBy === madeByUnix || record.madeBy === madeByMac;
  const unixMode = isUnix ? record.externalAttributes >>> 16 : 0;
  return {
    index: record.index,
    name,
    type: typeOf(name, unixMode, record),
    sizeBytes: record.sizeBytes,
    compressedBytes: record.compressedBytes,
    modifiedAtMs: record.modifiedAtMs,
    mode: unixMode === 0 ? null : unixMode & 0o777,
    encrypted: record.encryption.kind !== 'none',
    crc32: record.crc32,
    linkTarget: null,
  };
}

const madeByFat = 0;
const madeByUnix = 3;
const madeByNtfs = 10;
const madeByNtfsOfInfoZip = 11;
const madeByVfat = 14;
const madeByMac = 19;
const windowsMakers: ReadonlySet<number> = new Set([madeByFat, madeByNtfs, madeByNtfsOfInfoZip, madeByVfat]);

/** Some Windows programs separate with backslashes, against APPNOTE.TXT 4.4.17; theirs are read as meant. */
const withSlashes = (name: string, madeBy: number): string =>
  windowsMakers.has(madeBy) && name.includes('\\') ? name.replaceAll('\\', '/') : name;

function typeOf(name: string, unixMode: number, record: ZipRecord): ArchiveEntry['type'] {
  const kind = unixMode & 0o170000;
  if (kind === 0o120000) return 'symlink';
  if (name.endsWith('/') || kind === 0o040000) return 'folder';
  // Info-ZIP marks what it read from its standard input as the pipe that that was.
  const isPipedFile = kind === 0o010000 && (record.sizeBytes > 0 || record.compressedBytes > 0);
  if (kind !== 0 && kind !== 0o100000 && !isPipedFile) return 'special';
  const isDosFolder = windowsMakers.has(record.madeBy) && (record.externalAttributes & 0x10) !== 0;
  return isDosFolder && record.sizeBytes === 0 ? 'folder' : 'file';
}
