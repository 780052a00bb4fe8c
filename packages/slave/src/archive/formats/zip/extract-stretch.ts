import { AppError } from '@longshore/protocol';
import type { ReadRequest } from '../../archive-format.ts';
import type { Extraction } from '../../extraction.ts';
import type { SmallFile } from '../../ports.ts';
import { readRange } from '../../read-range.ts';
import type { ThreadShare } from '../../threads/archive-threads.ts';
import type { PasswordCheck } from './check-password.ts';
import { extractLargeEntry } from './extract-large-entry.ts';
import type { Stretch } from './plan-stretches.ts';
import { refuse, type ZipFile } from './zip-file.ts';

export type ZipContext = {
  readonly request: ReadRequest;
  readonly extraction: Extraction;
  readonly passwordCheck: PasswordCheck;
  readonly share: ThreadShare;
};

/** Reads one stretch, has its entries decoded on a thread, and stores those that are as the archive says. */
export async function extractStretch(
  { start, end, files }: Stretch<ZipFile>,
  context: ZipContext,
): Promise<void> {
  const { request, extraction, share, passwordCheck } = context;
  const { source, signal, password } = request;
  const bytes = source.localPath === null ? await readRange(source, { start, end }, signal) : null;
  if (bytes === null) source.noteRead?.(end - start);
  const from = bytes === null ? { path: source.localPath ?? '' } : { bytes };
  const transfer = bytes === null ? [] : [bytes.buffer as ArrayBuffer];
  const entries = files.map(({ entry: _, ...located }) => located);
  const work = { from, start, end, entries, password };
  const { content, lengths } = await share.run('decodeZipEntries', work, { signal, transfer });

  const stored: SmallFile[] = [];
  const beyond: ZipFile[] = [];
  let at = 0;
  for (const [position, file] of files.entries()) {
    const length = lengths[position];
    if (length === null) {
      beyond.push(file);
      continue;
    }
    passwordCheck.note(file, typeof length === 'number');
    if (typeof length === 'number') {
      stored.push({ entry: file.entry, content: content.subarray(at, at + length) });
      at += length;
    } else {
      await refuse(extraction, file, new AppError('ENTRY_CORRUPT', length ?? 'was not decoded'));
    }
  }
  for (const file of beyond) await extractLargeEntry({ file, decoding: 'thread' }, context);
  if (stored.length === 0 || !(await extraction.storeSmall(stored))) return;
  // Freed at once: until the collector comes there would be a hundred megabytes of them.
  (content.buffer as ArrayBuffer).transfer(0);
}
