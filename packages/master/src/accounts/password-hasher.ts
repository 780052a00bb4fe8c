import { randomInt } from 'node:crypto';
import { AppError } from '@longshore/protocol';
import { hash, verify } from '@node-rs/argon2';

const minLength = 10;

/**
 * One argon2id computation takes 19 MiB and a thread of the pool that file access shares. Two at a time leave the
 * pool usable while somebody floods the login; what cannot wait is refused.
 */
const maxConcurrent = 2;
const maxWaiting = 64;

/** OWASP's first choice of parameters; algorithm and version are the library's defaults: argon2id, 1.3. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

export type PasswordHasher = {
  hash(password: string): Promise<string>;
  /**
   * True when the password belongs to the hash. Without a hash the same work is done and the answer is false: how
   * long it takes says nothing about whether a user exists.
   */
  verify(hashed: string | undefined, password: string): Promise<boolean>;
};

/** Hashes and verifies a bounded number of passwords at a time; throws `RATE_LIMITED` when too many wait. */
export function createPasswordHasher(): PasswordHasher {
  const waiting: (() => void)[] = [];
  let running = 0;
  const take = async (): Promise<void> => {
    if (running < maxConcurrent) {
      running += 1;
      return;
    }
    if (waiting.length >= maxWaiting) {
      throw new AppError('RATE_LIMITED', 'too many people are signing in at this moment', {
        details: { retryAfterSeconds: 5 },
      });
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  // A slot is handed to the next in line, so that nobody who arrives in between overtakes.
  const give = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  const inTurn = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    await take();
    try {
      return await work();
    } finally {
      give();
    }
  };
  let decoy: Promise<string> | undefined;
  return {
    hash: (password) => inTurn(() => hash(normalize(password), cost)),
    verify: async (hashed, password) => {
      // Made once and not counted: otherwise the first unknown user would take twice as long.
      decoy ??= hash('no password belongs to this hash', cost);
      const against = hashed ?? (await decoy);
      const matches = await inTurn(() => verify(against, normalize(password)));
      return matches && hashed !== undefined;
    },
  };
}

/** The same text typed on another system may be composed of other code points. */
const normalize = (password: string): string => password.normalize('NFKC');

/** Throws `WEAK_PASSWORD`. */
export function requireStrongPassword(password: string): void {
  const length = [...normalize(password)].length;
  if (length >= minLength) return;
  throw new AppError(
    'WEAK_PASSWORD',
    `the password has ${length} characters, at least ${minLength} are needed`,
  );
}

/** Without letters and digits that look alike; 16 of 54 characters are 92 bits. */
const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';

export const generatePassword = (): string =>
  Array.from({ length: 16 }, () => alphabet[randomInt(alphabet.length)]).join('');
