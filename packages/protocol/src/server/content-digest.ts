import { createHash, hash } from 'node:crypto';
import { parseDictionary } from 'structured-headers';
import { AppError } from '../errors/app-error.ts';
import { equalBytes } from './equal-bytes.ts';

const nodeHashNames: Record<string, string> = { 'sha-256': 'sha256', 'sha-512': 'sha512' };

/** The Content-Digest field value (RFC 9530) of a whole body, by SHA-256. Text is UTF-8. */
export const contentDigest = (body: Uint8Array | string): string =>
  `sha-256=:${hash('sha256', body, 'base64')}:`;

/**
 * Holds a body against its Content-Digest field. Every known algorithm named there must match and at least one
 * must be known (RFC 9530, section 2). Throws `DIGEST_MISMATCH`.
 */
export function verifyContentDigest(field: string, body: Uint8Array): void {
  // What our own programs send, without the general parser.
  if (equalBytes(field, contentDigest(body))) return;
  let known = 0;
  for (const [algorithm, [value]] of parseDigests(field)) {
    const hashName = Object.hasOwn(nodeHashNames, algorithm) ? nodeHashNames[algorithm] : undefined;
    if (hashName === undefined) continue;
    known += 1;
    const actual = createHash(hashName).update(body).digest();
    const claimed = value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
    if (claimed === undefined || !equalBytes(claimed, actual)) {
      throw new AppError(
        'DIGEST_MISMATCH',
        `the body of ${body.length} bytes does not match its ${algorithm}`,
      );
    }
  }
  if (known === 0)
    throw new AppError('DIGEST_MISMATCH', 'Content-Digest names no algorithm that is known here');
}

function parseDigests(field: string): ReturnType<typeof parseDictionary> {
  try {
    return parseDictionary(field);
  } catch (cause) {
    throw new AppError('DIGEST_MISMATCH', 'Content-Digest is not a structured field dictionary', { cause });
  }
}
