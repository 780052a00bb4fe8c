import type { Clock } from '@longshore/runtime';
import type { Database } from '../database/open-database.ts';
import type { MasterKeys } from '../secrets/master-keys.ts';
import { createLoginThrottle, type LoginThrottle } from './login-throttle.ts';
import { createPasswordHasher, type PasswordHasher } from './password-hasher.ts';
import { createSessionTokens, type SessionTokens } from './session-tokens.ts';

/** What the use-cases of accounts share. One per process: the throttle and the hasher count what goes on in it. */
export type Accounts = {
  readonly database: Database;
  readonly clock: Clock;
  readonly passwords: PasswordHasher;
  readonly throttle: LoginThrottle;
  readonly tokens: SessionTokens;
  readonly keys: Pick<MasterKeys, 'seal' | 'unseal' | 'digest'>;
};

export const createAccounts = (deps: { database: Database; clock: Clock; keys: MasterKeys }): Accounts => ({
  database: deps.database,
  clock: deps.clock,
  passwords: createPasswordHasher(),
  throttle: createLoginThrottle(),
  tokens: createSessionTokens(deps.keys.session, deps.clock),
  keys: deps.keys,
});
