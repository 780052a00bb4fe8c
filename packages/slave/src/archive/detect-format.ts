import { AppError } from '@longshore/protocol';
import { type FormatId, formatIds, formats } from './formats.ts';
import type { ByteSource } from './ports.ts';
import { probeSource } from './source-probe.ts';

/**
 * The format of a source by its content. Throws `ARCHIVE_UNSUPPORTED` when it is none that we know. The name is
 * only asked where content cannot answer: whether brotli, which has no signature, is worth trying.
 */
export async function detectFormat(
  source: ByteSource,
  { name, signal }: { name: string; signal: AbortSignal },
): Promise<FormatId> {
  const probe = await probeSource(source, name, signal);
  for (const id of formatIds) {
    if (await formats[id].detect(probe)) return id;
  }
  throw new AppError('ARCHIVE_UNSUPPORTED', `"${name}" is not an archive of a format that is known`);
}
