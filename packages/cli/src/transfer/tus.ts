import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { fileBytesRoutes, uploadHeaders } from '@longshore/protocol';
import { CommandError } from '../errors/command-error.ts';
import type { ByteClient } from './byte-client.ts';

/** The three requests of tus 1.0.0 (https://tus.io/protocols/resumable-upload) that an upload is made of. */
const version = { 'tus-resumable': '1.0.0' } as const;
const bytesType = { 'content-type': 'application/offset+octet-stream' } as const;

export type TusProgress = {
  /** How many bytes have arrived. */
  readonly offset: number;
  /** The file that the upload has become; null while bytes are missing. `path` where the answer tells it. */
  readonly file: { readonly sha256: string; readonly path: string | null } | null;
};

/** Announces an upload. `data` is sent along (creation-with-upload): a small file is done with one request. */
export async function createTusUpload(
  client: ByteClient,
  upload: { masterUrl: string; sizeBytes: number; metadata: Record<string, string>; data: Buffer },
): Promise<TusProgress & { url: string }> {
  const metadata = Object.entries(upload.metadata)
    .map(([name, value]) => `${name} ${Buffer.from(value, 'utf8').toString('base64')}`)
    .join(',');
  const response = await client.send({
    method: 'POST',
    url: `${upload.masterUrl}${fileBytesRoutes.uploads}`,
    headers: {
      ...version,
      ...(upload.data.length > 0 ? bytesType : {}),
      'upload-length': upload.sizeBytes,
      'upload-metadata': metadata,
      'content-length': upload.data.length,
    },
    body: upload.data,
  });
  const location = response.headers.location;
  if (location === undefined) throw CommandError.local('NOT_A_MASTER', 'the upload was given no address');
  return { url: client.resolve(location), ...progressOf(response) };
}

/** How far an upload is; null when it is gone. */
export async function readTusUpload(client: ByteClient, url: string): Promise<TusProgress | null> {
  try {
    return progressOf(await client.send({ method: 'HEAD', url, headers: version }));
  } catch (error) {
    // An answer to HEAD has no body that could name the error.
    const gone = ['NOT_A_MASTER', 'UPLOAD_NOT_FOUND', 'NOT_FOUND'];
    if (error instanceof CommandError && gone.includes(error.code)) return null;
    throw error;
  }
}

/** Adds `length` bytes at `offset`. */
export async function appendToTusUpload(
  client: ByteClient,
  piece: { url: string; offset: number; length: number; body: Readable },
): Promise<TusProgress> {
  const headers = { ...version, ...bytesType, 'upload-offset': piece.offset, 'content-length': piece.length };
  const response = await client
    .send({ method: 'PATCH', url: piece.url, headers, body: piece.body })
    .catch((error: unknown) => {
      // What arrived before a broken connection is counted a moment later: look again and go on from there.
      if (!(error instanceof CommandError) || error.code !== 'UPLOAD_OFFSET_MISMATCH') throw error;
      throw CommandError.local('UNAVAILABLE', error.message, { cause: error });
    });
  return progressOf(response);
}

function progressOf(response: IncomingMessage): TusProgress {
  response.resume();
  const text = (name: string): string | null => {
    const value = response.headers[name];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const offset = text('upload-offset') ?? '';
  if (!/^\d+$/.test(offset)) throw CommandError.local('NOT_A_MASTER', 'the upload does not tell its offset');
  const sha256 = text(uploadHeaders.sha256);
  const path = text(uploadHeaders.filePath);
  const file = sha256 === null ? null : { sha256, path: path === null ? null : decodeURI(path) };
  return { offset: Number(offset), file };
}
