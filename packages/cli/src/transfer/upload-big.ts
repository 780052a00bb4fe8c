import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { withRetries } from '../api/with-retries.ts';
import { CommandError } from '../errors/command-error.ts';
import { hashFile } from './hash-file.ts';
import { measured } from './measured.ts';
import { appendToTusUpload, createTusUpload, readTusUpload, type TusProgress } from './tus.ts';
import { announcement, type FileToUpload, type Uploading } from './upload-file.ts';

/** Pieces that proxies with a body limit of 100 MB let pass. */
const pieceBytes = 64 * 1024 * 1024;
const chunkBytes = 256 * 1024;

/** Sends a file in pieces and goes on where the upload stands, however often it is interrupted. */
export async function uploadBig(
  file: FileToUpload,
  uploading: Uploading,
): Promise<{ sha256: string; stored: NonNullable<TusProgress['file']> }> {
  const { client, records, signal, onBytes } = uploading;
  const { localPath, remotePath, sizeBytes, modifiedAtMs } = file;
  const key = { masterUrl: uploading.api.url, localPath, remotePath, sizeBytes, modifiedAtMs };
  let url = await records.find(key);
  let sent = 0;
  const goTo = (offset: number): void => {
    onBytes(offset - sent);
    sent = offset;
  };

  async function begin(): Promise<TusProgress & { url: string }> {
    const found = url === null ? null : await readTusUpload(client, url);
    if (url !== null && found !== null) return { url, ...found };
    const created = await createTusUpload(client, {
      ...announcement(file, uploading),
      data: Buffer.alloc(0),
    });
    url = created.url;
    await records.remember(key, url);
    return created;
  }

  try {
    const done = await withRetries({ signal, patience: 'long' }, async ({ progressed }) => {
      let upload = await begin();
      goTo(upload.offset);
      const hash = await hashFile(localPath, upload.offset);
      while (upload.offset < sizeBytes) {
        const { offset } = upload;
        const length = Math.min(pieceBytes, sizeBytes - offset);
        const body = readPiece(file, { offset, length }, (chunk) => {
          hash.update(chunk);
          goTo(sent + chunk.length);
        });
        upload = {
          ...upload,
          ...(await appendToTusUpload(client, { url: upload.url, offset, length, body })),
        };
        progressed();
        // A piece that was taken in part only: the hash is ahead of the upload, so begin anew from its offset.
        if (upload.offset !== offset + length)
          throw CommandError.local('UNAVAILABLE', 'a piece was cut short');
      }
      return { sha256: hash.digest('hex'), stored: upload.file };
    });
    await records.forget(key);
    const { stored } = done;
    if (stored === null) throw CommandError.local('NOT_A_MASTER', 'the upload ended without a file');
    return { ...done, stored };
  } catch (error) {
    goTo(0);
    throw error;
  }
}

function readPiece(
  file: FileToUpload,
  { offset, length }: { offset: number; length: number },
  onChunk: (chunk: Buffer) => void,
): Readable {
  const end = offset + length - 1;
  const bytes = createReadStream(file.localPath, { start: offset, end, highWaterMark: chunkBytes });
  const tooShort = (): CommandError =>
    CommandError.local('LOCAL_CHANGED', `${file.localPath} became shorter while it was read`);
  const piece = measured({ length, onChunk, tooShort });
  bytes.on('error', (error) => piece.destroy(error));
  piece.on('close', () => bytes.destroy());
  return bytes.pipe(piece);
}
