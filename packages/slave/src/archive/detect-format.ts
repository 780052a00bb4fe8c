import { AppError } from '@longshore/protocol';
import type { Volume } from './archive-format.ts';
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

/** The same for an archive in volumes, of which not every one begins with a signature. */
export async function detectFormatOfAny(
  source: ByteSource,
  { name, volumes = [], signal }: { name: string; volumes?: readonly Volume[]; signal: AbortSignal },
): Promise<FormatId> {
  const parts = volumes.length > 1 ? volumes : [{ name, source }];
  let failure: unknown;
  for (const part of parts) {
    try {
      return await detectFormat(part.source, { name: part.name, signal });
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'ARCHIVE_UNSUPPORTED') throw error;
      failure ??= error;
    }
  }
  throw failure;
}
