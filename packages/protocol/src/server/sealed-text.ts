import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { AppError } from '../errors/app-error.ts';
import type { AttemptRef } from '../node-api/attempt.ts';
import type { SigningKey } from './signing-key.ts';

/** Two peers share the key of a seal because they share a secret; what was sealed for one purpose opens for no other. */
export type Seal = { readonly key: SigningKey; readonly purpose: string };

export const attemptPurpose = ({ partId, attempt }: AttemptRef): string => `attempt ${partId} ${attempt}`;
export const archivePurpose = (firstVolumeBlobId: string): string => `archive ${firstVolumeBlobId}`;

const cipherName = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

const cipherKey = ({ secret }: SigningKey): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, '', 'longshore sealed text', 32));

/** Encrypts a short text for the other holder of the secret: base64url of IV, ciphertext and tag (AES-256-GCM). */
export function sealText({ key, purpose }: Seal, text: string): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(cipherName, cipherKey(key), iv).setAAD(Buffer.from(purpose));
  return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
    'base64url',
  );
}

/** Throws `BAD_REQUEST` when the text was sealed with another secret or for another purpose. */
export function unsealText({ key, purpose }: Seal, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url');
  try {
    const decipher = createDecipheriv(cipherName, cipherKey(key), bytes.subarray(0, ivBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(-tagBytes));
    return Buffer.concat([decipher.update(bytes.subarray(ivBytes, -tagBytes)), decipher.final()]).toString(
      'utf8',
    );
  } catch (cause) {
    throw new AppError('BAD_REQUEST', `a secret was not encrypted with our key for "${purpose}"`, { cause });
  }
}
