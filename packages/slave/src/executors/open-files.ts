import type { ByteSource } from '../archive/ports.ts';
import { fetchSources } from '../transfer/fetch-sources.ts';
import type { OpenBlob } from '../transfer/open-blob.ts';
import type { Execution } from './executor.ts';

/** All files that an attempt reads, in their order, where these are few: volumes of an archive, or pieces of one. */
export async function openFiles(
  { link, attempt, signal, meter }: Execution,
  openBlob: OpenBlob,
): Promise<{ name: string; source: ByteSource }[]> {
  const files: { name: string; source: ByteSource }[] = [];
  for await (const { source, renew } of fetchSources({ link, attempt, signal })) {
    if (source.kind !== 'file') continue;
    const opened = await openBlob({ access: source.access, link, renew, meter });
    files.push({ name: source.path, source: opened });
  }
  return files;
}
