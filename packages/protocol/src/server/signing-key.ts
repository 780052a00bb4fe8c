import { createHmac } from 'node:crypto';

/** A shared secret between one master and one slave, with the public name under which signatures quote it. */
export type SigningKey = { readonly keyId: string; readonly secret: string };

/**
 * The key of a secret. `keyId` is derived, so that a slave that only knows its secret and a master that knows
 * many find the same key: the first 16 hexadecimal digits of HMAC-SHA-256(secret, "longshore key id").
 */
export const signingKey = (secret: string): SigningKey => ({
  keyId: createHmac('sha256', secret).update('longshore key id').digest('hex').slice(0, 16),
  secret,
});

const secretAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A new secret of 64 letters and digits, about 381 bits of randomness. */
export function generateSecret(): string {
  let secret = '';
  while (secret.length < 64) {
    for (const byte of crypto.getRandomValues(new Uint8Array(96))) {
      // 248 = 4 × 62: larger bytes would favour the first letters.
      if (byte < 248 && secret.length < 64) secret += secretAlphabet[byte % 62];
    }
  }
  return secret;
}
