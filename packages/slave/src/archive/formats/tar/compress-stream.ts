import { once } from 'node:events';
import type { Transform } from 'node:stream';
import { freeChunk } from '@longshore/runtime';
import type { Block } from '../../plan-blocks.ts';

/** The output of a compressor while blocks of bytes are fed to it; each is freed when it was taken. */
export async function* compressStream(
  blocks: AsyncIterable<Block>,
  compressor: Transform,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  const feed = async (): Promise<void> => {
    for await (const { literal } of blocks) {
      if (!compressor.write(literal, () => freeChunk(literal))) await once(compressor, 'drain', { signal });
    }
    compressor.end();
  };
  const fed = feed().catch((error: unknown) => {
    compressor.destroy(error instanceof Error ? error : new Error('stopped', { cause: error }));
    throw error;
  });
  fed.catch(() => undefined);
  try {
    for await (const bytes of compressor) yield bytes as Buffer;
    await fed;
  } catch (error) {
    // What the feeding failed with explains; that the compressor was destroyed is its effect.
    await fed;
    throw error;
  } finally {
    compressor.destroy();
  }
}
