import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type FileEntry, fileBytesRoutes } from '@longshore/protocol';
import type { Api } from '../api/api.ts';
import { toReachError } from '../api/to-reach-error.ts';
import { withRetries } from '../api/with-retries.ts';
import { CommandError } from '../errors/command-error.ts';
import { toLocalFileError } from '../errors/local-file-error.ts';
import type { ByteClient } from './byte-client.ts';
import { hashFile } from './hash-file.ts';
import { measured } from './measured.ts';

export type FileToDownload = { readonly entry: FileEntry; readonly localPath: string };

export type Downloading = {
  readonly api: Api;
  readonly client: ByteClient;
  readonly signal: AbortSignal;
  /** Bytes that have arrived; negative when some must be fetched again. */
  readonly onBytes: (bytes: number) => void;
};

/** What has arrived of a file this big is kept when the download is interrupted. */
const keptFromBytes = 1024 * 1024;

/**
 * Fetches one file: into a hidden file beside its place, which is renamed when every byte has arrived and the SHA-256
 * is right, so that nobody ever sees half a file. An interrupted download of a big file goes on where it was.
 */
export async function downloadFile(file: FileToDownload, downloading: Downloading): Promise<void> {
  const temporary = temporaryPath(file);
  try {
    await fetchInto(temporary, file, downloading);
    const modifiedAt = new Date(file.entry.modifiedAtMs);
    await utimes(temporary, modifiedAt, modifiedAt);
    await rename(temporary, file.localPath);
  } catch (error) {
    const arrived = await sizeOf(temporary);
    if (arrived < keptFromBytes || arrived === file.entry.sizeBytes) await rm(temporary, { force: true });
    throw toLocalFileError(error, file.localPath);
  }
}

/** The name holds the content's checksum: what another version of the file left behind is never continued. */
function temporaryPath({ entry, localPath }: FileToDownload): string {
  const identity = createHash('sha256')
    .update(`${basename(localPath)}\n${entry.sha256}`)
    .digest('hex');
  return join(dirname(localPath), `.longshore-${identity.slice(0, 24)}.part`);
}

async function fetchInto(
  temporary: string,
  { entry }: FileToDownload,
  downloading: Downloading,
): Promise<void> {
  const { client, signal } = downloading;
  // The owner can always write, so that a download can go on.
  const mode = (entry.mode & 0o777) | 0o600;
  if (entry.sizeBytes === 0) return writeFile(temporary, '', { mode });
  let counted = 0;
  const goTo = (offset: number): void => {
    downloading.onBytes(offset - counted);
    counted = offset;
  };
  await withRetries({ signal, patience: 'long' }, async ({ progressed }) => {
    const present = await sizeOf(temporary);
    let offset = present < entry.sizeBytes ? present : 0;
    const response = await client.send({
      method: 'GET',
      url: contentUrl(downloading.api, entry),
      headers: rangeFrom(offset),
    });
    if (response.statusCode !== 206) offset = 0;
    if (present > 0) await truncate(temporary, offset);
    goTo(offset);
    const hash = await hashFile(temporary, offset).catch((error: unknown) => {
      response.destroy();
      throw error;
    });
    const meter = measured({
      length: entry.sizeBytes - offset,
      onChunk: (chunk) => {
        hash.update(chunk);
        goTo(counted + chunk.length);
        progressed();
      },
      tooShort: () =>
        CommandError.local('MASTER_UNREACHABLE', `the connection ended in the middle of ${entry.path}`),
    });
    await receive(response, meter, { temporary, mode, url: downloading.api.url });
    if (hash.digest('hex') === entry.sha256) return;
    goTo(0);
    await rm(temporary, { force: true });
    // What an earlier run has left may be damaged: fetch all of it once.
    if (offset > 0) throw CommandError.local('UNAVAILABLE', `${entry.path} could not be continued`);
    throw CommandError.local('CHECKSUM_MISMATCH', `${entry.path} did not arrive as it is stored`, {
      hint: 'Run the command again; if it happens again, the stored bytes are damaged.',
    });
  }).catch((error: unknown) => {
    goTo(0);
    throw error;
  });
}

async function receive(
  response: IncomingMessage,
  meter: ReturnType<typeof measured>,
  { temporary, mode, url }: { temporary: string; mode: number; url: string },
): Promise<void> {
  const sink = createWriteStream(temporary, { flags: 'a', mode, highWaterMark: 1024 * 1024 });
  await pipeline(response, meter, sink).catch((error: unknown) => {
    const local = toLocalFileError(error, temporary);
    throw local === error ? toReachError(error, url) : local;
  });
}

const rangeFrom = (offset: number): Record<string, string> =>
  offset === 0 ? {} : { range: `bytes=${offset}-` };

const contentUrl = (api: Api, entry: FileEntry): string =>
  `${api.url}${fileBytesRoutes.content}?${new URLSearchParams({ path: entry.path })}`;

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => null);
  return found?.size ?? 0;
}
