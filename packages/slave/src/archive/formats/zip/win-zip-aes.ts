/**
 * WinZip's AES encryption (winzip.com/en/support/aes-encryption): a key from PBKDF2, AES in counter mode with a
 * counter that counts from 1 and has its lowest byte first, and an HMAC-SHA1 over the encrypted bytes.
 */
import { createCipheriv, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

export type AesKeyBytes = 16 | 24 | 32;

export const aesMacBytes = 10;
export const aesVerifierBytes = 2;
export const aesSaltBytes = (keyBytes: AesKeyBytes): number => keyBytes / 2;
/** How much larger an entry gets. */
export const aesOverheadBytes = (keyBytes: AesKeyBytes): number =>
  aesSaltBytes(keyBytes) + aesVerifierBytes + aesMacBytes;

export type AesStream = {
  /** En- or decrypts in place, and counts what is or was the encrypted side into the MAC. */
  encrypt(bytes: Buffer): void;
  decrypt(bytes: Buffer): void;
  mac(): Buffer;
};

export type AesOpening = { readonly verifier: Buffer; open(): AesStream };

/** The extra field of an AES entry: version AE-2, which leaves the CRC out because it would tell of the content. */
export function aesExtraField(method: number): Buffer {
  const field = Buffer.from([0x01, 0x99, 7, 0, 2, 0, 0x41, 0x45, 3, 0, 0]);
  field.writeUInt16LE(method, 9);
  return field;
}

/** What we write with. */
export const aesKeyBytes = 32;

export const newSalt = (): Buffer => randomBytes(aesSaltBytes(aesKeyBytes));

/** Derives the keys; costs about a millisecond. `verifier` tells most wrong passwords from the right one. */
export function openAes(password: string, salt: Uint8Array, keyBytes: AesKeyBytes): AesOpening {
  const derived = pbkdf2Sync(password, salt, 1000, keyBytes * 2 + aesVerifierBytes, 'sha1');
  return {
    verifier: derived.subarray(keyBytes * 2),
    open: () => openStream(derived.subarray(0, keyBytes), derived.subarray(keyBytes, keyBytes * 2)),
  };
}

const blockBytes = 16;
const keyStreamBytes = 64 * 1024;

function openStream(key: Buffer, macKey: Buffer): AesStream {
  const cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false);
  const hmac = createHmac('sha1', macKey);
  const counters = Buffer.alloc(keyStreamBytes);
  let counter = 1;
  let keyStream: Buffer = Buffer.alloc(0);

  function nextKeyStream(): void {
    for (let at = 0; at < keyStreamBytes; at += blockBytes, counter += 1) {
      counters.writeUInt32LE(counter % 0x100000000, at);
      counters.writeUInt32LE(Math.floor(counter / 0x100000000), at + 4);
    }
    keyStream = cipher.update(counters);
  }

  function apply(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (keyStream.length === 0) nextKeyStream();
      const length = Math.min(keyStream.length, bytes.length - at);
      for (let i = 0; i < length; i += 1)
        bytes[at + i] = (bytes[at + i] as number) ^ (keyStream[i] as number);
      keyStream = keyStream.subarray(length);
      at += length;
    }
  }

  return {
    encrypt(bytes) {
      apply(bytes);
      hmac.update(bytes);
    },
    decrypt(bytes) {
      hmac.update(bytes);
      apply(bytes);
    },
    mac: () => hmac.digest().subarray(0, aesMacBytes),
  };
}
