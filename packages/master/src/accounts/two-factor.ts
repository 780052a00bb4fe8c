import { AppError, type TwoFactor } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import {
  countRecoveryCodes,
  deleteTwoFactor,
  enableTwoFactorRow,
  findTwoFactor,
  replaceRecoveryCodes,
  spendRecoveryCode,
  spendStep,
  startTwoFactorRow,
} from '../store/accounts/two-factor-rows.ts';
import { findUser, type UserRow } from '../store/accounts/user-rows.ts';
import { type Actor, recordAudit } from '../store/audit/audit-rows.ts';
import type { Accounts } from './accounts.ts';
import {
  generateRecoveryCode,
  generateTotpSecret,
  matchingStep,
  normalizeCode,
  otpauthUri,
  toBase32,
} from './one-time-code.ts';
import { verifyPassword } from './verify-password.ts';
import { objectOf } from './view-user.ts';

const recoveryCodes = 10;
const purpose = 'two-factor secret';

export async function showTwoFactor(accounts: Accounts, userId: string): Promise<TwoFactor> {
  const { db } = accounts.database;
  const row = await findTwoFactor(db, userId);
  const enabledAtMs = row?.enabledAtMs ?? null;
  return {
    enabled: enabledAtMs !== null,
    enabledAtMs,
    recoveryCodesLeft: enabledAtMs === null ? 0 : await countRecoveryCodes(db, userId),
  };
}

/** Makes a secret. It counts for nothing until it is confirmed. Throws `WRONG_CREDENTIALS`, `TWO_FACTOR_ON`. */
export async function startTwoFactor(
  accounts: Accounts,
  request: { userId: string; password: string; site: string; by: Actor },
): Promise<{ secret: string; uri: string }> {
  const { admission, user } = await verifyPassword(accounts, request);
  const bytes = generateTotpSecret();
  const sealed = accounts.keys.seal(purpose, bytes.toString('base64'));
  if (!(await startTwoFactorRow(accounts.database.db, user.id, sealed))) {
    throw new AppError('TWO_FACTOR_ON', 'two-factor is on already');
  }
  await admission.succeeded();
  const secret = toBase32(bytes);
  return { secret, uri: otpauthUri({ secret, userName: user.name, site: request.site }) };
}

/** Throws `SECOND_FACTOR_WRONG`, `TWO_FACTOR_ON`, `BAD_REQUEST` without a secret to confirm, `RATE_LIMITED`. */
export async function confirmTwoFactor(
  accounts: Accounts,
  request: { userId: string; code: string; by: Actor },
): Promise<{ recoveryCodes: string[] }> {
  const { database, clock, keys } = accounts;
  const { userId, by } = request;
  const user = await requireUser(database.db, userId);
  const admission = await accounts.throttle.admit({ userName: user.name, address: by.address });
  const codes = Array.from({ length: recoveryCodes }, generateRecoveryCode);
  await database.transaction(async (tx) => {
    const row = await findTwoFactor(tx, userId);
    if (row === undefined) throw new AppError('BAD_REQUEST', 'code: there is no secret to confirm');
    if (row.enabledAtMs !== null) throw new AppError('TWO_FACTOR_ON', 'two-factor is on already');
    if (!(await acceptsTotp(accounts, tx, { userId, code: request.code }))) throw wrongCode();
    const codeHashes = codes.map((code) => hashCode(keys, userId, code));
    await enableTwoFactorRow(tx, { userId, atMs: clock.nowMs(), codeHashes });
    await recordAudit(tx, by, { action: 'two-factor.enable', object: objectOf(user) });
  });
  await admission.succeeded();
  return { recoveryCodes: codes };
}

/**
 * Replaces the recovery codes, for somebody who has used them up or lost the list. Throws `WRONG_CREDENTIALS`,
 * `SECOND_FACTOR_WRONG`, `BAD_REQUEST` while two-factor is off, `RATE_LIMITED`.
 */
export async function renewRecoveryCodes(
  accounts: Accounts,
  request: { userId: string; password: string; code: string; by: Actor },
): Promise<{ recoveryCodes: string[] }> {
  const { userId, code, by } = request;
  const { admission, user } = await verifyPassword(accounts, request);
  const codes = Array.from({ length: recoveryCodes }, generateRecoveryCode);
  await accounts.database.transaction(async (tx) => {
    const row = await findTwoFactor(tx, userId);
    if (row === undefined || row.enabledAtMs === null) {
      throw new AppError('BAD_REQUEST', 'two-factor is off: there are no recovery codes to renew');
    }
    await requireSecondFactor(accounts, tx, { user, code });
    const codeHashes = codes.map((one) => hashCode(accounts.keys, userId, one));
    await replaceRecoveryCodes(tx, { userId, codeHashes });
    await recordAudit(tx, by, { action: 'two-factor.renew-codes', object: objectOf(user) });
  });
  await admission.succeeded();
  return { recoveryCodes: codes };
}

/** Throws `WRONG_CREDENTIALS`, `SECOND_FACTOR_WRONG`, `RATE_LIMITED`. */
export async function disableTwoFactor(
  accounts: Accounts,
  request: { userId: string; password: string; code: string; by: Actor },
): Promise<void> {
  const { userId, code, by } = request;
  const { admission, user } = await verifyPassword(accounts, request);
  await accounts.database.transaction(async (tx) => {
    await requireSecondFactor(accounts, tx, { user, code });
    await deleteTwoFactor(tx, userId);
    await recordAudit(tx, by, { action: 'two-factor.disable', object: objectOf(user) });
  });
  await admission.succeeded();
}

/** For a user who has lost everything. Without two-factor nothing happens. Throws `USER_NOT_FOUND`. */
export async function resetTwoFactor(accounts: Accounts, request: { id: string; by: Actor }): Promise<void> {
  await accounts.database.transaction(async (tx) => {
    const user = await findUser(tx, request.id);
    if (user === undefined) throw new AppError('USER_NOT_FOUND', `there is no user ${request.id}`);
    await deleteTwoFactor(tx, user.id);
    await recordAudit(tx, request.by, { action: 'two-factor.reset', object: objectOf(user) });
  });
}

/**
 * After the password was right: passes when the user has no two-factor, or the code is right, which no other attempt
 * can use any more. Throws `SECOND_FACTOR_REQUIRED` without a code, `SECOND_FACTOR_WRONG`.
 */
export async function requireSecondFactor(
  accounts: Accounts,
  tx: Db,
  attempt: { user: UserRow; code: string | undefined },
): Promise<void> {
  const { user, code } = attempt;
  const row = await findTwoFactor(tx, user.id);
  if (row === undefined || row.enabledAtMs === null) return;
  if (code === undefined) {
    throw new AppError(
      'SECOND_FACTOR_REQUIRED',
      'this account also asks for a code of its authenticator app',
    );
  }
  if (await acceptsTotp(accounts, tx, { userId: user.id, code })) return;
  if (await spendRecoveryCode(tx, user.id, hashCode(accounts.keys, user.id, code))) return;
  throw wrongCode();
}

async function acceptsTotp(
  accounts: Accounts,
  tx: Db,
  attempt: { userId: string; code: string },
): Promise<boolean> {
  const row = await findTwoFactor(tx, attempt.userId);
  if (row === undefined) return false;
  const secret = Buffer.from(accounts.keys.unseal(purpose, row.secretSealed), 'base64');
  const step = matchingStep(secret, normalizeCode(attempt.code), accounts.clock.nowMs());
  return step !== undefined && (await spendStep(tx, attempt.userId, step));
}

const hashCode = (keys: Accounts['keys'], userId: string, code: string): string =>
  keys.digest('recovery code', `${userId} ${normalizeCode(code)}`);

const wrongCode = (): AppError =>
  new AppError('SECOND_FACTOR_WRONG', 'the code is wrong, or was used before');

async function requireUser(db: Db, userId: string): Promise<UserRow> {
  const user = await findUser(db, userId);
  if (user === undefined) throw new AppError('UNAUTHENTICATED', 'this user does not exist any more');
  return user;
}
