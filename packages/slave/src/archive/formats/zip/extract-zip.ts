import { AppError } from '@longshore/protocol';
import type { ReadRequest } from '../../archive-format.ts';
import type { Extraction } from '../../extraction.ts';
import type { SafeEntry } from '../../ports.ts';
import { runConcurrently } from '../../run-concurrently.ts';
import { zipBySevenZip } from '../seven-zip/zip-by-seven-zip.ts';
import { createPasswordCheck, type PasswordCheck } from './check-password.ts';
import { type EntryDecoding, entryDecoding } from './entry-decoding.ts';
import { extractLargeEntry } from './extract-large-entry.ts';
import { extractStretch } from './extract-stretch.ts';
import { type OpenedZip, openZip } from './list-zip.ts';
import { nameChecksum } from './local-header.ts';
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
  const { source, threads } = request;
  const zip = await openZip(request);
  if (request.password !== null && (await isStronglyEncrypted(zip))) {
    return await zipBySevenZip.extract(request, extraction);
  }
  const { files, firstEncrypted } = await admitRecords(zip, extraction);
  extraction.expect({
    bytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    entries: files.length,
  });
  const passwordCheck: PasswordCheck = createPasswordCheck(request);
  await passwordCheck.before(firstEncrypted);

  const small: ZipFile[] = [];
  const streamed: { file: ZipFile; decoding: EntryDecoding }[] = [];
  for (const file of files) {
    const decoding = entryDecoding(file);
    if (decoding === null) {
      await refuse(
        extraction,
        file,
        new AppError('ENTRY_UNSUPPORTED', `is compressed by method ${file.method}`),
      );
    } else if (file.headerOffset + 30 + file.compressedBytes > file.limit) {
      await refuse(extraction, file, new AppError('ENTRY_CORRUPT', 'overlaps what comes after it'));
    } else if (decoding === 'thread' && isSmall(file)) small.push(file);
    else streamed.push({ file, decoding });
  }

  const context = { request, extraction, passwordCheck, share: threads.share() };
  const isLocal = source.localPath !== null;
  const stretches = planStretches(small, isLocal ? 'local' : 'remote');
  await runConcurrently(stretches, isLocal ? threads.size * 2 : 4, (stretch) =>
    extractStretch(stretch, context),
  );
  await runConcurrently(streamed, threads.size, (one) => extractLargeEntry(one, context));
  const wrongPassword = passwordCheck.after();
  if (wrongPassword !== null) extraction.fail(wrongPassword);
}

async function isStronglyEncrypted({ directory }: OpenedZip): Promise<boolean> {
  for await (const { encryption } of directory.records()) if (encryption.kind === 'strong') return true;
  return false;
}

type Located = Omit<ZipFile, 'limit'>;
/** The first encrypted entry is that of the whole archive: every share judges the password by the same one. */
type Admitted = { readonly files: ZipFile[]; readonly firstEncrypted: ZipFile | null };

async function admitRecords(zip: OpenedZip, extraction: Extraction): Promise<Admitted> {
  const files: Located[] = [];
  let elsewhere: Located | null = null;
  const offsets: number[] = [];
  for await (const { record, entry } of zip.entries()) {
    offsets.push(record.headerOffset);
    const admitted = await extraction.admit(entry);
    if (admitted === null) {
      if (entry.type === 'file' && extraction.isOfAnotherShare(entry))
        elsewhere = firstEncryptedOf(elsewhere, locate(record, { ...entry, path: entry.name }));
      continue;
    }
    // With a password 7-Zip has been asked instead.
    if (record.encryption.kind === 'strong')
      throw new AppError('PASSWORD_REQUIRED', 'the archive is encrypted');
    files.push(locate(record, admitted));
  }
  const { directoryStart } = zip.directory.end;
  const limits = Float64Array.from(new Set([...offsets, directoryStart])).sort();
  files.sort((a, b) => a.headerOffset - b.headerOffset);
  let at = 0;
  const limited = files.map((file) => {
    while (at < limits.length && (limits[at] ?? 0) <= file.headerOffset) at += 1;
    return { ...file, limit: limits[at] ?? directoryStart };
  });
  const firstHere = limited.find(({ encryption }) => encryption !== null) ?? null;
  if (elsewhere === null || (firstHere !== null && firstHere.headerOffset < elsewhere.headerOffset))
    return { files: limited, firstEncrypted: firstHere };
  const { headerOffset } = elsewhere;
  const limit = limits.find((offset) => offset > headerOffset) ?? directoryStart;
  return { files: limited, firstEncrypted: { ...elsewhere, limit } };
}

const firstEncryptedOf = (first: Located | null, next: Located): Located | null =>
  next.encryption === null || (first !== null && first.headerOffset < next.headerOffset) ? first : next;

const locate = (record: ZipRecord, entry: SafeEntry): Located => ({
  entry,
  encryption:
    record.encryption.kind === 'none' || record.encryption.kind === 'strong' ? null : record.encryption,
  headerOffset: record.headerOffset,
  nameLength: record.nameBytes.length,
  nameCrc32: nameChecksum(record.nameBytes),
  flags: record.flags,
  rawMethod: record.rawMethod,
  method: record.method,
  crc32: record.crc32,
  compressedBytes: record.compressedBytes,
  sizeBytes: record.sizeBytes,
  hasCrc: record.encryption.kind !== 'aes' || record.encryption.hasCrc,
});

const isSmall = (file: ZipFile): boolean =>
  file.sizeBytes <= smallBytes && file.compressedBytes <= smallBytes;
