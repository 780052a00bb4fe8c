import type { NameEncoding } from './name-encodings.ts';

export type DetectedEncoding = { readonly encoding: NameEncoding; readonly confidence: number };

/** The likeliest encoding of names that are not UTF-8. */
export function detectEncoding(_samples: readonly Uint8Array[]): DetectedEncoding {
  return { encoding: 'cp437', confidence: 0 };
}
