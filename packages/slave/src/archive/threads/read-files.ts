import { type FilePart, readWholeFile } from './segment.ts';
import { WorkError, type WorkResult } from './thread-work.ts';

/** A file that is not what it was, by its position in what was given. */
export type LostFile = {
  readonly position: number;
  readonly code: WorkError['code'];
  readonly message: string;
};

/** The contents one after the other, without those of the lost files. */
export type ReadFiles = { readonly content: Uint8Array; readonly lost: readonly LostFile[] };

/** Runs on a thread: reads small files whole, and checks them. */
export function readFiles({ files }: { files: readonly FilePart[] }): WorkResult<ReadFiles> {
  const content = Buffer.allocUnsafeSlow(files.reduce((sum, { fileBytes }) => sum + fileBytes, 0));
  const lost: LostFile[] = [];
  let at = 0;
  for (const [position, file] of files.entries()) {
    try {
      readWholeFile(file, content, at);
      at += file.fileBytes;
    } catch (error) {
      lost.push(lostFile(position, error));
    }
  }
  return { output: { content: content.subarray(0, at), lost }, transfer: [content.buffer as ArrayBuffer] };
}

/** The failure as that of one file; what is wrong with the machine is thrown. */
export function lostFile(position: number, error: unknown): LostFile {
  const isLost =
    error instanceof WorkError && (error.code === 'SOURCE_CHANGED' || error.code === 'BLOB_CORRUPT');
  if (!isLost) throw error;
  return { position, code: error.code, message: error.message };
}
