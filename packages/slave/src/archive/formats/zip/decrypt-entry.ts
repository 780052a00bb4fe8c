/** Encrypted entries, whole (on threads) and as streams. No imports beyond Node's: threads load this file. */
import { type AesStream, aesMacBytes, aesSaltBytes, aesVerifierBytes, openAes } from './win-zip-aes.ts';
import { openZipCrypto, type ZipCrypto, zipCryptoHeaderBytes } from './zip-crypto.ts';
import type { ZipEncryption } from './zip-record.ts';

export type Encrypted = Extract<ZipEncryption, { kind: 'aes' | 'zipcrypto' }>;

export const wrongPassword = 'is encrypted with another password';

/** Bytes around the content: in front, and behind. */
export const encryptionBytes = (encryption: Encrypted): { before: number; after: number } =>
  encryption.kind === 'aes'
    ? { before: aesSaltBytes(encryption.keyBytes) + aesVerifierBytes, after: aesMacBytes }
    : { before: zipCryptoHeaderBytes, after: 0 };

/** Opens an entry by what stands in front of its content; null when the password is wrong. */
export function openEncrypted(
  encryption: Encrypted,
  password: string,
  before: Buffer,
): AesStream | ZipCrypto | null {
  if (encryption.kind === 'zipcrypto') return openZipCrypto(password, before, encryption.checks);
  const saltBytes = aesSaltBytes(encryption.keyBytes);
  const opening = openAes(password, before.subarray(0, saltBytes), encryption.keyBytes);
  return opening.verifier.equals(before.subarray(saltBytes)) ? opening.open() : null;
}

/** The content of an entry decrypted in place, or why it cannot be. */
export function decryptWhole(packed: Buffer, encryption: Encrypted, password: string): Buffer | string {
  const { before, after } = encryptionBytes(encryption);
  if (packed.length < before + after) return 'is too short to be encrypted';
  const opened = openEncrypted(encryption, password, packed.subarray(0, before));
  if (opened === null) return wrongPassword;
  const content = packed.subarray(before, packed.length - after);
  opened.decrypt(content);
  if ('mac' in opened && !opened.mac().equals(packed.subarray(packed.length - after))) {
    return 'was changed after it was encrypted';
  }
  return content;
}
