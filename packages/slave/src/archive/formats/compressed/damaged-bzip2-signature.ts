import { Transform } from 'node:stream';
import { isDamagedSignature } from './trailing-bytes.ts';

/** How every stream of a bzip2 begins, but for the level in the fourth byte, which counts as 9 here. */
const beginning = [0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
const marks = [
  { bytes: Buffer.from(beginning.slice(0, 3)), offset: 0 },
  { bytes: Buffer.from(beginning.slice(4)), offset: 4 },
];

/**
 * Watches a bzip2 pass by for the beginning of a stream that has a few bits turned: the decoder only says that
 * something stands behind the end, which may be rubbish or all the rest of the content.
 */
export function watchBzip2(): { readonly stage: Transform; hasDamagedSignature(): boolean } {
  let found = false;
  let tail: Buffer = Buffer.alloc(0);
  const look = (bytes: Buffer): void => {
    for (const { bytes: mark, offset } of marks) {
      for (let at = bytes.indexOf(mark); at !== -1 && !found; at = bytes.indexOf(mark, at + 1)) {
        const candidate = Buffer.from(
          bytes.subarray(Math.max(0, at - offset), at - offset + beginning.length),
        );
        const level = candidate[3] ?? 0;
        if (level >= 0x31 && level <= 0x39) candidate[3] = 0x39;
        found = isDamagedSignature(candidate, beginning);
      }
    }
  };
  const stage = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      look(Buffer.concat([tail, chunk.subarray(0, beginning.length)]));
      look(chunk);
      tail = Buffer.concat([tail, chunk.subarray(-beginning.length)]).subarray(-beginning.length);
      done(null, chunk);
    },
  });
  return { stage, hasDamagedSignature: () => found };
}
