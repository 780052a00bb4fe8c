import { timingSafeEqual } from 'node:crypto';

/**
 * True when both are the same. How long that takes tells nothing of where they differ, only whether their lengths do;
 * the length of a MAC or a digest is no secret. Text is UTF-8.
 */
export function equalBytes(a: Uint8Array | string, b: Uint8Array | string): boolean {
  const [one, other] = [toBytes(a), toBytes(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}

const toBytes = (value: Uint8Array | string): Uint8Array =>
  typeof value === 'string' ? Buffer.from(value) : value;
