import { parentPort } from 'node:worker_threads';
import { encodeTarGroup } from '../formats/tar/encode-tar-group.ts';
import { decodeZipEntries } from '../formats/zip/decode-zip-entries.ts';
import { encodeZipEntries } from '../formats/zip/encode-zip-entries.ts';
import { encodeBlock } from './encode-block.ts';
import { readFiles } from './read-files.ts';
import {
  type ThreadAnswer,
  type ThreadWork,
  type WorkCatalogue,
  WorkError,
  type WorkResult,
} from './thread-work.ts';

const catalogue: WorkCatalogue = {
  decodeZipEntries,
  encodeBlock,
  encodeTarGroup,
  encodeZipEntries,
  readFiles,
};

parentPort?.on('message', (work: ThreadWork) => {
  try {
    const run = catalogue[work.name] as (input: unknown) => WorkResult<unknown>;
    const { output, transfer } = run(work.input);
    parentPort?.postMessage({ output } satisfies ThreadAnswer, [...transfer]);
  } catch (error) {
    const code = error instanceof WorkError ? error.code : 'INTERNAL';
    const message = error instanceof Error ? error.message : String(error);
    parentPort?.postMessage({ code, message } satisfies ThreadAnswer);
  }
});
