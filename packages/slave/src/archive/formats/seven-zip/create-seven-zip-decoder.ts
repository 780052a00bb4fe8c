import { Duplex } from 'node:stream';
import { startSevenZip } from './seven-zip-process.ts';

/**
 * Decodes a bare compressed stream through 7-Zip's standard input and output. With `onTrailingBytes` it may end before
 * its input does; that is called then, and what it throws is the failure.
 */
export function createSevenZipDecoder(
  type: 'bzip2' | 'xz' | 'lzma' | 'Z',
  { signal, maxCpuSeconds }: { signal: AbortSignal; maxCpuSeconds: number | null },
  {
    onTrailingBytes,
    isSingleThreaded = false,
  }: { onTrailingBytes?: () => void; isSingleThreaded?: boolean } = {},
): Duplex {
  const threads = isSingleThreaded ? ['-mmt=1'] : [];
  const child = startSevenZip(['x', `-t${type}`, '-si', '-so', '-bd', ...threads], {
    signal,
    maxCpuSeconds,
    keepsStdin: true,
    allowsTrailingBytes: onTrailingBytes !== undefined,
  });
  const duplex = new Duplex({
    readableHighWaterMark: 1024 * 1024,
    // When it has ended early its reason comes with `done`; a broken pipe here says nothing more.
    write: (chunk, _encoding, written) => void child.stdin.write(chunk, () => written()),
    final: (ended) => void child.stdin.end(() => ended()),
    read: () => void child.stdout.resume(),
    destroy(error, destroyed) {
      child.kill();
      destroyed(error);
    },
  });
  child.stdout.on('data', (chunk: Buffer) => {
    if (!duplex.push(chunk)) child.stdout.pause();
  });
  child.stdout.on('end', () => {
    child.done
      .then(({ hasTrailingBytes }) => {
        if (hasTrailingBytes) onTrailingBytes?.();
        duplex.push(null);
      })
      .catch((error: Error) => duplex.destroy(error));
  });
  child.done.catch((error: Error) => duplex.destroy(error));
  return duplex;
}
