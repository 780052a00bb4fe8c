import type { Extraction } from './extraction.ts';
import type { SmallFile } from './ports.ts';

export type SmallFileBatch = {
  /** Takes a file; throws what an earlier batch failed with. */
  add(file: SmallFile): Promise<void>;
  /** Resolves when all that was added is stored. */
  flush(): Promise<void>;
};

const batchBytes = 1024 * 1024;
const batchFiles = 512;

/** Gathers small files to store them several at a time, one batch on its way while the next is read. */
export function createSmallFileBatch(extraction: Pick<Extraction, 'storeSmall'>): SmallFileBatch {
  let files: SmallFile[] = [];
  let bytes = 0;
  let underWay: Promise<unknown> = Promise.resolve();

  async function send(): Promise<void> {
    const ready = files;
    files = [];
    bytes = 0;
    await underWay;
    if (ready.length > 0) underWay = extraction.storeSmall(ready);
    underWay.catch(() => undefined);
  }
  return {
    async add(file) {
      files.push(file);
      bytes += file.content.length;
      if (bytes >= batchBytes || files.length >= batchFiles) await send();
    },
    async flush() {
      await send();
      await underWay;
    },
  };
}
