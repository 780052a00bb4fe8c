import { AppError } from '@longshore/protocol';
import { decodeCp437 } from './code-page-437.ts';
import { detectEncoding } from './detect-encoding.ts';
import { isNameEncoding, nameEncodings } from './name-encodings.ts';

/** Turns the bytes of names into text, in an encoding that is given or found out from the names themselves. */
export type NameDecoder = {
  /** True while more names would help to find the encoding out. */
  readonly wantsSamples: boolean;
  sample(nameBytes: Uint8Array): void;
  decode(nameBytes: Uint8Array): string;
};

const enoughBytes = 32 * 1024;

/** Throws `BAD_REQUEST` for an encoding that is not one of `nameEncodings`. */
export function createNameDecoder(encoding: string | null): NameDecoder {
  if (encoding !== null && !isNameEncoding(encoding)) {
    throw new AppError('BAD_REQUEST', `"${encoding.slice(0, 40)}" is not an encoding for names`);
  }
  const samples: Uint8Array[] = [];
  let sampleBytes = 0;
  let decodeLegacy = encoding === null ? null : nameEncodings[encoding];
  const utf8 = new TextDecoder('utf-8', { fatal: true });

  return {
    get wantsSamples() {
      return encoding === null && decodeLegacy === null && sampleBytes < enoughBytes;
    },
    sample(nameBytes) {
      if (isAscii(nameBytes)) return;
      samples.push(nameBytes);
      sampleBytes += nameBytes.length;
    },
    decode(nameBytes) {
      if (isAscii(nameBytes)) return asciiText(nameBytes);
      if (encoding === null) {
        // A name that is valid UTF-8 beyond ASCII is UTF-8: other encodings almost never look like it.
        try {
          return utf8.decode(nameBytes);
        } catch {
          decodeLegacy ??= nameEncodings[detectEncoding(samples.length > 0 ? samples : [nameBytes]).encoding];
        }
      }
      return (decodeLegacy ?? decodeCp437)(nameBytes);
    },
  };
}

const isAscii = (bytes: Uint8Array): boolean => {
  for (const byte of bytes) if (byte >= 0x80) return false;
  return true;
};

const asciiText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
