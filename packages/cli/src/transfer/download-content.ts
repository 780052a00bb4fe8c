import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Api } from '../api/api.ts';
import { toReachError } from '../api/to-reach-error.ts';
import { withRetries } from '../api/with-retries.ts';
import { CommandError } from '../errors/command-error.ts';
import { toLocalFileError } from '../errors/local-file-error.ts';
import type { ByteClient } from './byte-client.ts';
import { hashFile } from './hash-file.ts';
import { measured } from './measured.ts';

/** Bytes that a master answers in ranges and that never change under their identity. */
export type Content = {
  readonly url: string;
  /** For people. */
  readonly name: string;
  readonly localPath: string;
  readonly sizeBytes: number;
  readonly identity: string;
  /** Null when it is not known before. */
  readonly sha256: string | null;
  readonly mode: number;
  /** Now, when null. */
  readonly modifiedAtMs: number | null;
};

export type Downloading = {
  readonly api: Api;
  readonly client: ByteClient;
  readonly signal: AbortSignal;
  /** Bytes that have arrived; negative when some must be fetched again. */
  readonly onBytes: (bytes: number) => void;
};

/** What has arrived of content this big is kept when the download is interrupted. */
const keptFromBytes = 1024 * 1024;

/**
 * Fetches into a hidden file beside its place, which is renamed when every byte has arrived and the SHA-256 is right, so
 * that nobody ever sees half a file. An interrupted download of much goes on where it was.
 */
export async function downloadContent(content: Content, downloading: Downloading): Promise<void> {
  const { localPath, sizeBytes, modifiedAtMs } = content;
  const temporary = temporaryPath(content);
  try {
    await fetchInto(temporary, content, downloading);
    if (modifiedAtMs !== null) {
      const modifiedAt = new Date(modifiedAtMs);
      await utimes(temporary, modifiedAt, modifiedAt);
    }
    await rename(temporary, localPath);
  } catch (error) {
    const arrived = await sizeOf(temporary);
    if (arrived < keptFromBytes || arrived === sizeBytes) await rm(temporary, { force: true });
    throw toLocalFileError(error, localPath);
  }
}

/** The name holds the identity of the content: what another version has left behind is never continued. */
function temporaryPath({ identity, localPath }: Content): string {
  const name = createHash('sha256')
    .update(`${basename(localPath)}\n${identity}`)
    .digest('hex');
  return join(dirname(localPath), `.longshore-${name.slice(0, 24)}.part`);
}

async function fetchInto(temporary: string, content: Content, downloading: Downloading): Promise<void> {
  const { client, signal } = downloading;
  const { url, name, sizeBytes, sha256 } = content;
  // The owner can always write, so that a download can go on.
  const mode = (content.mode & 0o777) | 0o600;
  if (sizeBytes === 0) return writeFile(temporary, '', { mode });
  let counted = 0;
  const goTo = (offset: number): void => {
    downloading.onBytes(offset - counted);
    counted = offset;
  };
  await withRetries({ signal, patience: 'long' }, async ({ progressed }) => {
    const present = await sizeOf(temporary);
    let offset = present < sizeBytes ? present : 0;
    const response = await client.send({ method: 'GET', url, headers: rangeFrom(offset) });
    if (response.statusCode !== 206) offset = 0;
    if (present > 0) await truncate(temporary, offset);
    goTo(offset);
    const hash =
      sha256 === null
        ? null
        : await hashFile(temporary, offset).catch((error: unknown) => {
            response.destroy();
            throw error;
          });
    const meter = measured({
      length: sizeBytes - offset,
      onChunk: (chunk) => {
        hash?.update(chunk);
        goTo(counted + chunk.length);
        progressed();
      },
      tooShort: () =>
        CommandError.local('MASTER_UNREACHABLE', `the connection ended in the middle of ${name}`),
    });
    await receive(response, meter, { temporary, mode, url: downloading.api.url });
    if (hash === null || hash.digest('hex') === sha256) return;
    goTo(0);
    await rm(temporary, { force: true });
    // What an earlier run has left may be damaged: fetch all of it once.
    if (offset > 0) throw CommandError.local('UNAVAILABLE', `${name} could not be continued`);
    throw CommandError.local('CHECKSUM_MISMATCH', `${name} did not arrive as it is stored`, {
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

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => null);
  return found?.size ?? 0;
}
