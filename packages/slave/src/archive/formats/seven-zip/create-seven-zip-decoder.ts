import { Duplex } from 'node:stream';
import { startSevenZip } from './seven-zip-process.ts';

/** Decodes a bare compressed stream through 7-Zip's standard input and output. */
export function createSevenZipDecoder(type: 'bzip2' | 'xz' | 'lzma' | 'Z', signal: AbortSignal): Duplex {
  const child = startSevenZip(['x', `-t${type}`, '-si', '-so', '-bd'], { signal, keepsStdin: true });
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
    child.done.then(
      () => duplex.push(null),
      (error: Error) => duplex.destroy(error),
    );
  });
  child.done.catch((error: Error) => duplex.destroy(error));
  return duplex;
}
