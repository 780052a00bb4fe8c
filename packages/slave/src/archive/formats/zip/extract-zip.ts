import { crc32 } from 'node:zlib';
import { AppError } from '@longshore/protocol';
import type { ReadRequest } from '../../archive-format.ts';
import type { Extraction } from '../../extraction.ts';
import type { SafeEntry } from '../../ports.ts';
import { runConcurrently } from '../../run-concurrently.ts';
import { extractLargeEntry } from './extract-large-entry.ts';
import { extractStretch } from './extract-stretch.ts';
import { openZip } from './list-zip.ts';
import { planStretches } from './plan-stretches.ts';
import { refuse, type ZipFile } from './zip-file.ts';
import type { ZipRecord } from './zip-record.ts';

/** Entries up to this size are decoded whole, many to a piece of work; larger ones are streamed. */
const smallBytes = 1024 * 1024;

/**
 * Extracts by the central directory: first every record is judged, then the entries are read in the order in
 * which they lie, neighbours together, several stretches at a time.
 */
export async function extractZip(request: ReadRequest, extraction: Extraction): Promise<void> {
  const files = await admitRecords(request, extraction);
  extraction.expect({
    bytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    entries: files.length,
  });
  const small: ZipFile[] = [];
  const large: ZipFile[] = [];
  for (const file of files) {
    const refusal = unreadable(file);
    if (refusal !== null) await refuse(extraction, file, refusal);
    else if (isSmall(file)) small.push(file);
    else large.push(file);
  }
  const share = request.threads.share();
  const isLocal = request.source.localPath !== null;
  const stretches = planStretches(small, isLocal ? 'local' : 'remote');
  await runConcurrently(stretches, isLocal ? request.threads.size * 2 : 4, (stretch) =>
    extractStretch(stretch, { request, extraction, share }),
  );
  await runConcurrently(large, request.threads.size, (file) =>
    extractLargeEntry(file, { request, extraction }),
  );
}

async function admitRecords(request: ReadRequest, extraction: Extraction): Promise<ZipFile[]> {
  const zip = await openZip(request);
  const files: Omit<ZipFile, 'limit'>[] = [];
  const offsets: number[] = [];
  for await (const { record, entry } of zip.entries()) {
    offsets.push(record.headerOffset);
    const admitted = await extraction.admit(entry);
    if (admitted !== null) files.push(locate(record, admitted));
  }
  const limits = Float64Array.from([...new Set(offsets), zip.directory.end.directoryStart]).sort();
  files.sort((a, b) => a.headerOffset - b.headerOffset);
  let at = 0;
  return files.map((file) => {
    while (at < limits.length && (limits[at] ?? 0) <= file.headerOffset) at += 1;
    return { ...file, limit: limits[at] ?? zip.directory.end.directoryStart };
  });
}

const locate = (record: ZipRecord, entry: SafeEntry): Omit<ZipFile, 'limit'> => ({
  entry,
  encryption: record.encryption,
  headerOffset: record.headerOffset,
  nameLength: record.nameBytes.length,
  nameCrc32: crc32(record.nameBytes),
  flags: record.flags,
  rawMethod: record.rawMethod,
  method: record.method,
  crc32: record.crc32,
  compressedBytes: record.compressedBytes,
  sizeBytes: record.sizeBytes,
});

const isSmall = (file: ZipFile): boolean =>
  file.sizeBytes <= smallBytes && file.compressedBytes <= smallBytes;

/** Why an entry cannot be read at all, or null. */
function unreadable({ encryption, method, headerOffset, limit, compressedBytes }: ZipFile): AppError | null {
  if (headerOffset + 30 + compressedBytes > limit) {
    return new AppError('ENTRY_CORRUPT', 'overlaps what comes after it');
  }
  if (encryption.kind !== 'none') return new AppError('ENTRY_UNSUPPORTED', 'is encrypted');
  if (method !== 0 && method !== 8 && method !== 93) {
    return new AppError('ENTRY_UNSUPPORTED', `is compressed by method ${method}`);
  }
  return null;
}
