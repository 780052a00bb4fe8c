import { describe, expect, it } from 'vitest';
import { createPasswordHasher, generatePassword, requireStrongPassword } from './password-hasher.ts';

describe('passwords', () => {
  const hasher = createPasswordHasher();

  it('are hashed with argon2id and a salt of their own', async () => {
    const [one, two] = await Promise.all([hasher.hash('correct horse'), hasher.hash('correct horse')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(two);
    expect(await hasher.verify(one, 'correct horse')).toBe(true);
    expect(await hasher.verify(one, 'Correct horse')).toBe(false);
  });

  it('match however the system composes their letters', async () => {
    const hash = await hasher.hash('caf\u00e9 au lait');
    expect(await hasher.verify(hash, 'cafe\u0301 au lait')).toBe(true);
  });

  it('never match where there is no hash', async () => {
    expect(await hasher.verify(undefined, 'no password belongs to this hash')).toBe(false);
  });

  it('that cannot wait their turn are refused, and the others answered', async () => {
    const hash = await hasher.hash('correct horse');
    const flood = Array.from({ length: 100 }, () => hasher.verify(hash, 'guess guess guess'));
    const results = await Promise.allSettled(flood);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(100 - 66);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'RATE_LIMITED' });
    expect(await hasher.verify(hash, 'correct horse')).toBe(true);
  });

  it('of fewer than ten characters are weak, counted in characters', () => {
    expect(() => requireStrongPassword('123456789')).toThrowError(
      expect.objectContaining({ code: 'WEAK_PASSWORD' }),
    );
    expect(() => requireStrongPassword('🐎🐎🐎🐎🐎')).toThrowError(/5 characters/);
    expect(() => requireStrongPassword('1234567890')).not.toThrow();
  });

  it('that are generated are strong and never the same', () => {
    const made = new Set(Array.from({ length: 200 }, generatePassword));
    expect(made.size).toBe(200);
    for (const password of made) expect(password).toMatch(/^[a-zA-Z2-9]{16}$/);
  });
});
