import type { FileHandle } from 'node:fs/promises';
import { AppError } from '@longshore/protocol';

/** Fills `length` bytes of a buffer from a file. Throws `BLOB_CORRUPT` when the file ends before. */
export async function readExactly(options: {
  file: FileHandle;
  buffer: Buffer;
  length: number;
  position: number;
  name: string;
}): Promise<Buffer> {
  const { file, buffer, length, position, name } = options;
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(buffer, done, length - done, position + done);
    if (bytesRead === 0) throw new AppError('BLOB_CORRUPT', `${name} ends at byte ${position + done}`);
    done += bytesRead;
  }
  return buffer.subarray(0, length);
}
