import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/**
 * Where the uploads of big files go on after this program was stopped: one small file each, named after everything
 * that makes two uploads the same (master, both paths, size and time of the file).
 */
export type UploadRecords = {
  find(key: UploadKey): Promise<string | null>;
  remember(key: UploadKey, url: string): Promise<void>;
  forget(key: UploadKey): Promise<void>;
};

export type UploadKey = {
  readonly masterUrl: string;
  readonly localPath: string;
  readonly remotePath: string;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
};

const Record = z.object({ url: z.url() });

export function createUploadRecords(folder: string): UploadRecords {
  const fileOf = (key: UploadKey): string => {
    const parts = [key.masterUrl, key.localPath, key.remotePath, key.sizeBytes, key.modifiedAtMs];
    return join(folder, `${createHash('sha256').update(JSON.stringify(parts)).digest('hex')}.json`);
  };
  return {
    find: async (key) => {
      const text = await readFile(fileOf(key), 'utf8').catch(() => null);
      if (text === null) return null;
      const record = Record.safeParse(JSON.parse(text));
      return record.success ? record.data.url : null;
    },
    remember: async (key, url) => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(fileOf(key), JSON.stringify({ url }), { mode: 0o600 });
    },
    forget: (key) => rm(fileOf(key), { force: true }),
  };
}
