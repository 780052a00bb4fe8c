/**
 * What `compress` writes: LZW with codes of 9 to 16 bits (ncompress 4.2, the program that defines it). 7-Zip reads it from
 * files only. There is neither an end mark nor a checksum: one that was cut off is shorter.
 */
import { Duplex } from 'node:stream';
import { AppError } from '@longshore/protocol';

const headerBytes = 3;
const leastBits = 9;
const mostBits = 16;
const clearCode = 256;
const outputBytes = 64 * 1024;

export function createLzwDecoder(): Duplex {
  return Duplex.from(async function* (source: AsyncIterable<Buffer>) {
    let header: Buffer | null = Buffer.alloc(0);
    let decode: ((bytes: Buffer) => Generator<Buffer, void>) | null = null;
    for await (const chunk of source) {
      let bytes = chunk;
      if (header !== null) {
        header = Buffer.concat([header, chunk]);
        if (header.length < headerBytes) continue;
        decode = createLzw(header[2] ?? 0);
        bytes = header.subarray(headerBytes);
        header = null;
      }
      if (decode !== null) yield* decode(bytes);
    }
    if (header !== null) throw new AppError('ARCHIVE_TRUNCATED', 'the archive ends in its first bytes');
  });
}

/** Decodes one piece after the other; what is left of a code waits for the next piece. */
function createLzw(flags: number): (bytes: Buffer) => Generator<Buffer, void> {
  const maxBits = flags & 0x1f;
  const clears = (flags & 0x80) !== 0;
  if (maxBits < leastBits || maxBits > mostBits || (flags & 0x60) !== 0)
    throw new AppError('ARCHIVE_UNSUPPORTED', `the archive has LZW codes of ${maxBits} bits`);
  const maxEntries = 1 << maxBits;
  const prefixes = new Uint16Array(maxEntries);
  const suffixes = new Uint8Array(maxEntries);
  const stack = Buffer.alloc(maxEntries + 1);
  let entries = clears ? clearCode + 1 : clearCode;
  let width = leastBits;
  let previous = -1;
  let first = 0;
  let held = 0;
  let heldBits = 0;
  /** Codes of one width come in groups of eight, which are filled up when the width changes. */
  let inGroup = 0;
  let skipBits = 0;

  const changeWidth = (bits: number): void => {
    skipBits = ((8 - (inGroup % 8)) % 8) * width;
    inGroup = 0;
    width = bits;
  };

  /** Puts what a code stands for at the end of the stack, and answers where it begins. */
  function unfold(code: number): number {
    let at = stack.length;
    let rest = code;
    if (code >= entries) {
      if (code > entries) throw new AppError('ARCHIVE_CORRUPT', 'an LZW code stands for nothing');
      at -= 1;
      stack[at] = first;
      rest = previous;
    }
    while (rest >= clearCode) {
      at -= 1;
      stack[at] = suffixes[rest] ?? 0;
      rest = prefixes[rest] ?? 0;
    }
    first = rest;
    at -= 1;
    stack[at] = first;
    return at;
  }

  return function* decode(bytes) {
    let output = Buffer.allocUnsafeSlow(outputBytes);
    let used = 0;
    for (const byte of bytes) {
      held |= byte << heldBits;
      heldBits += 8;
      if (skipBits > 0) {
        const skipped = Math.min(skipBits, heldBits);
        held >>>= skipped;
        heldBits -= skipped;
        skipBits -= skipped;
      }
      if (skipBits > 0 || heldBits < width) continue;
      const code = held & ((1 << width) - 1);
      held >>>= width;
      heldBits -= width;
      inGroup += 1;
      if (clears && code === clearCode && previous !== -1) {
        changeWidth(leastBits);
        // The next code still makes an entry, at the place that no code can name.
        entries = clearCode;
        continue;
      }
      if (previous === -1 && code >= clearCode)
        throw new AppError('ARCHIVE_CORRUPT', 'the first LZW code is no byte');
      const from = unfold(code);
      if (previous !== -1 && entries < maxEntries) {
        prefixes[entries] = previous;
        suffixes[entries] = first;
        entries += 1;
        if (entries >= 1 << width && width < maxBits) changeWidth(width + 1);
      }
      previous = code;
      const length = stack.length - from;
      if (used + length > output.length) {
        yield output.subarray(0, used);
        output = Buffer.allocUnsafeSlow(Math.max(outputBytes, length));
        used = 0;
      }
      stack.copy(output, used, from);
      used += length;
    }
    if (used > 0) yield output.subarray(0, used);
  };
}
