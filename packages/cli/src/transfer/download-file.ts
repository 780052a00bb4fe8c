import { type FileEntry, fileBytesRoutes } from '@longshore/protocol';
import { type Downloading, downloadContent } from './download-content.ts';

export type FileToDownload = { readonly entry: FileEntry; readonly localPath: string };

/** Fetches one file, with the time it has on the server. */
export function downloadFile({ entry, localPath }: FileToDownload, downloading: Downloading): Promise<void> {
  const { path, sizeBytes, sha256, mode, modifiedAtMs } = entry;
  const url = `${downloading.api.url}${fileBytesRoutes.content}?${new URLSearchParams({ path })}`;
  const content = {
    url,
    name: path,
    localPath,
    sizeBytes,
    identity: `${sha256}`,
    sha256,
    mode,
    modifiedAtMs,
  };
  return downloadContent(content, downloading);
}
