import { detectFormat } from './detect-format.ts';
import type { DetectedEncoding } from './encodings/detect-encoding.ts';
import { detectZipEncoding } from './formats/zip/list-zip.ts';
import type { ByteSource } from './ports.ts';

/**
 * The encoding that a listing without a given one assumes for names that are not UTF-8, for showing it beside the
 * preview. Null when no name needs a guess, and for formats that cannot tell before they are read whole.
 */
export async function detectNameEncoding(
  source: ByteSource,
  { name, signal }: { name: string; signal: AbortSignal },
): Promise<DetectedEncoding | null> {
  const format = await detectFormat(source, { name, signal });
  return format === 'zip' ? await detectZipEncoding(source, signal) : null;
}
