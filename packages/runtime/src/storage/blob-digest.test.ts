import { expect, test } from 'vitest';
import { createBlobDigest } from './blob-digest.ts';

test('the check values of SHA-256 and CRC-32 come out, however the bytes are cut', () => {
  const facts = {
    sizeBytes: 9,
    sha256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
    crc32: 0xcbf43926,
  };
  for (const cut of [0, 1, 4, 9]) {
    const digest = createBlobDigest();
    digest.add(Buffer.from('123456789').subarray(0, cut));
    expect(digest.facts().sizeBytes).toBe(cut);
    digest.add(Buffer.from('123456789').subarray(cut));
    expect(digest.facts()).toEqual(facts);
  }
});
