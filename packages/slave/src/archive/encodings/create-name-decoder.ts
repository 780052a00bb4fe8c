import { AppError } from '@longshore/protocol';
import { type DetectedEncoding, detectEncoding } from './detect-encoding.ts';
import { isNameEncoding, nameEncodings } from './name-encodings.ts';

/** Turns the bytes of names into text, in an encoding that is given or found out from the names themselves. */
export type NameDecoder = {
  /** True while more names would help to find the encoding out. */
  readonly wantsSamples: boolean;
  sample(nameBytes: Uint8Array): void;
  decode(nameBytes: Uint8Array): string;
  /** The encoding that names needed: given, or found out; null when all were UTF-8 or ASCII. */
  used(): UsedEncoding | null;
};

/** `confidence` is null for an encoding that was given. */
export type UsedEncoding = Omit<DetectedEncoding, 'confidence'> & { readonly confidence: number | null };

const enoughBytes = 32 * 1024;

/** Throws `BAD_REQUEST` for an encoding that is not one of `nameEncodings`. */
export function createNameDecoder(encoding: string | null): NameDecoder {
  if (encoding !== null && !isNameEncoding(encoding)) {
    throw new AppError('BAD_REQUEST', `"${encoding.slice(0, 40)}" is not an encoding for names`);
  }
  if (encoding !== null) {
    // Also what looks like ASCII: in ISO-2022-JP and UTF-16 it may be something else.
    let isUsed = false;
    return {
      wantsSamples: false,
      sample: () => undefined,
      decode(nameBytes) {
        isUsed = true;
        return nameEncodings[encoding](nameBytes);
      },
      used: () => (isUsed ? { encoding, confidence: null } : null),
    };
  }
  const samples: Uint8Array[] = [];
  let sampleBytes = 0;
  let detected: DetectedEncoding | null = null;

  return {
    get wantsSamples() {
      return detected === null && sampleBytes < enoughBytes;
    },
    sample(nameBytes) {
      if (utf8OrNull(nameBytes) !== null) return;
      samples.push(nameBytes);
      sampleBytes += nameBytes.length;
    },
    decode(nameBytes) {
      const text = utf8OrNull(nameBytes);
      if (text !== null) return text;
      detected ??= detectEncoding(samples.length > 0 ? samples : [nameBytes]);
      return nameEncodings[detected.encoding](nameBytes);
    },
    used: () => detected,
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A name that is valid UTF-8 beyond ASCII is UTF-8: other encodings almost never look like it. */
function utf8OrNull(nameBytes: Uint8Array): string | null {
  if (isAscii(nameBytes)) return asciiText(nameBytes);
  try {
    return utf8.decode(nameBytes);
  } catch {
    return null;
  }
}

const isAscii = (bytes: Uint8Array): boolean => {
  for (const byte of bytes) if (byte >= 0x80) return false;
  return true;
};

const asciiText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
