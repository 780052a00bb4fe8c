import type { FileEntry } from '@longshore/protocol';
import { hashFile } from './hash-file.ts';

/**
 * Whether a file of this machine and a stored one hold the same bytes. With `trustTime`, the same size and time are
 * enough, as for rsync; without it, and where the times differ, the SHA-256 decides.
 */
export async function sameContent(
  local: { localPath: string; sizeBytes: number; modifiedAtMs: number },
  remote: FileEntry,
  options: { trustTime: boolean },
): Promise<boolean> {
  if (remote.kind !== 'file' || remote.sizeBytes !== local.sizeBytes) return false;
  if (options.trustTime && remote.modifiedAtMs === local.modifiedAtMs) return true;
  return (await hashFile(local.localPath)).digest('hex') === remote.sha256;
}
