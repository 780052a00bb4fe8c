import { expect, test } from 'vitest';
import { generateSecret, signingKey } from './signing-key.ts';

test('the key id of a secret is public, short and always the same', () => {
  expect(signingKey('s'.repeat(64)).keyId).toBe(signingKey('s'.repeat(64)).keyId);
  expect(signingKey('s'.repeat(64)).keyId).toMatch(/^[0-9a-f]{16}$/);
  expect(signingKey('s'.repeat(64)).keyId).not.toBe(signingKey(`${'s'.repeat(63)}t`).keyId);
});

test('N2 a new secret has 64 letters and digits, and every letter is as likely', () => {
  const counts = new Map<string, number>();
  for (let round = 0; round < 2000; round += 1) {
    const secret = generateSecret();
    expect(secret).toMatch(/^[A-Za-z0-9]{64}$/);
    for (const letter of secret) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  }
  expect(counts.size).toBe(62);
  // 128 000 letters, 2 065 expected of each, a standard deviation of 45: seven of them either way.
  for (const count of counts.values()) expect(Math.abs(count - 2065)).toBeLessThan(320);
});
