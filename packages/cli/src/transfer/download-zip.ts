import { stat } from 'node:fs/promises';
import type { ZipLink } from '@longshore/protocol';
import { CommandError } from '../errors/command-error.ts';
import { downloadContent } from './download-content.ts';
import type { DownloadMeans } from './download-trees.ts';
import type { TransferReport } from './transfer-report.ts';

/** Downloads what a link opens to one local file. Throws `LOCAL_EXISTS` unless that may be overwritten. */
export async function downloadZip(
  { link, localPath }: { link: ZipLink; localPath: string },
  means: DownloadMeans,
  report: TransferReport,
): Promise<void> {
  const found = await stat(localPath).catch(() => null);
  if (found !== null && (found.isDirectory() || means.conflict === 'fail')) {
    throw CommandError.local('LOCAL_EXISTS', `${localPath} exists here`);
  }
  const { name, sizeBytes, digest } = link;
  const meter = means.createMeter({ bytes: sizeBytes, files: 1 });
  const url = means.client.resolve(link.url);
  // The digest is not that of the bytes, but what it stands for gives the same bytes each time a link is made.
  const content = { url, name, localPath, sizeBytes, identity: digest, sha256: null, mode: 0o644 };
  await downloadContent(
    { ...content, modifiedAtMs: null },
    {
      ...means,
      onBytes: (bytes) => {
        meter.addBytes(bytes);
        means.onProgress(meter);
      },
    },
  );
  report.files += 1;
  report.bytes += sizeBytes;
}
