import { createHash } from 'node:crypto';
import type { PasswordHasher } from '../accounts/password-hasher.ts';

/** Hashes that cost nothing, for tests that sign in by the dozen. The real ones are held where they are made. */
export const quickPasswords: PasswordHasher = {
  hash: async (password) => quickHash(password),
  verify: async (hashed, password) => hashed === quickHash(password),
};

const quickHash = (password: string): string => createHash('sha256').update(password).digest('hex');
