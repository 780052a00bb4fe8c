import { createHash } from 'node:crypto';
import { equalBytes } from '@longshore/protocol/server';

/** Compares secrets of any length without telling by the time where they differ. */
export function isSameToken(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return equalBytes(digest(given), digest(expected));
}
