import {
  AppError,
  type passkeys as contract,
  type EndpointOutput,
  Passkey,
  type Session,
} from '@longshore/protocol';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { z } from 'zod';
import {
  deletePasskey,
  findPasskey,
  insertPasskey,
  listPasskeys,
  notePasskeyUse,
  type PasskeyRow,
  spendChallenge,
} from '../store/accounts/passkey-rows.ts';
import { findUser } from '../store/accounts/user-rows.ts';
import { type Actor, recordAudit } from '../store/audit/audit-rows.ts';
import type { Accounts } from './accounts.ts';
import { startSession } from './start-session.ts';
import { verifyPassword } from './verify-password.ts';
import { objectOf } from './view-user.ts';

/** Loaded with the first passkey: it is a fifth of all that a master loads. */
const webAuthn = (): Promise<typeof import('@simplewebauthn/server')> => import('@simplewebauthn/server');

const purpose = 'pending passkey';
const lifetimeMs = 5 * 60_000;

/** EdDSA, ES256 and RS256: what every authenticator and every supported Node can do. */
const supportedAlgorithmIDs = [-8, -7, -257];

type Begun = EndpointOutput<(typeof contract)['startPasskey']>;

const Pending = z.object({
  /** Null for a sign-in: whose it is, the passkey tells. */
  userId: z.string().nullable(),
  challenge: z.string(),
  untilMs: z.number(),
});
type Pending = z.infer<typeof Pending>;

export async function showPasskeys(accounts: Accounts, userId: string): Promise<Passkey[]> {
  return (await listPasskeys(accounts.database.db, userId)).map(viewPasskey);
}

/** Throws `WRONG_CREDENTIALS`, `RATE_LIMITED`. */
export async function startPasskey(
  accounts: Accounts,
  request: { userId: string; password: string; publicUrl: string; by: Actor },
): Promise<Begun> {
  const { user, admission } = await verifyPassword(accounts, request);
  await admission.succeeded();
  const known = await listPasskeys(accounts.database.db, user.id);
  const { generateRegistrationOptions } = await webAuthn();
  const options = await generateRegistrationOptions({
    rpName: 'Longshore',
    rpID: new URL(request.publicUrl).hostname,
    userName: user.name,
    supportedAlgorithmIDs,
    userID: new TextEncoder().encode(user.id),
    excludeCredentials: known.map(({ id }) => ({ id })),
    // Found without a name, and the person is verified: a passkey stands for both factors.
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });
  return {
    options: { ...options },
    pending: seal(accounts, { userId: user.id, challenge: options.challenge }),
  };
}

/** Throws `PASSKEY_REFUSED`. */
export async function addPasskey(
  accounts: Accounts,
  request: {
    userId: string;
    name: string;
    pending: string;
    response: unknown;
    publicUrl: string;
    by: Actor;
  },
): Promise<Passkey> {
  const { userId, name, by } = request;
  const pending = unseal(accounts, request.pending, userId);
  const origin = new URL(request.publicUrl);
  const { verifyRegistrationResponse } = await webAuthn();
  const { registrationInfo } = await verifyRegistrationResponse({
    // Its shape is verified by the library, field by field.
    response: request.response as RegistrationResponseJSON,
    expectedChallenge: pending.challenge,
    expectedOrigin: origin.origin,
    expectedRPID: origin.hostname,
    requireUserVerification: true,
    supportedAlgorithmIDs,
  }).catch(refuse);
  if (registrationInfo === undefined) throw refused();
  const { credential } = registrationInfo;
  const row: PasskeyRow = {
    id: credential.id,
    user_id: userId,
    name,
    public_key: Buffer.from(credential.publicKey).toString('base64url'),
    counter: credential.counter,
    created_at_ms: accounts.clock.nowMs(),
    last_used_at_ms: null,
  };
  await accounts.database.transaction(async (tx) => {
    await requireUnspent(tx, pending);
    if (!(await insertPasskey(tx, row)))
      throw new AppError('PASSKEY_REFUSED', 'this passkey is known already');
    await recordAudit(tx, by, { action: 'passkey.create', object: { kind: 'passkey', id: row.id, name } });
  });
  return viewPasskey(row);
}

/** Throws `PASSKEY_NOT_FOUND`, for a passkey of somebody else too. */
export async function removePasskey(
  accounts: Accounts,
  passkey: { id: string; userId: string; by: Actor },
): Promise<void> {
  const { id, by } = passkey;
  await accounts.database.transaction(async (tx) => {
    const name = await deletePasskey(tx, passkey);
    if (name === undefined) throw new AppError('PASSKEY_NOT_FOUND', `you have no passkey ${id}`);
    await recordAudit(tx, by, { action: 'passkey.delete', object: { kind: 'passkey', id, name } });
  });
}

export async function startPasskeySignIn(accounts: Accounts, publicUrl: string): Promise<Begun> {
  const rpID = new URL(publicUrl).hostname;
  const { generateAuthenticationOptions } = await webAuthn();
  const options = await generateAuthenticationOptions({ rpID, userVerification: 'required' });
  return { options: { ...options }, pending: seal(accounts, { userId: null, challenge: options.challenge }) };
}

/** An unknown passkey, a wrong signature and a disabled user get the same answer: `PASSKEY_REFUSED`. */
export async function signInWithPasskey(
  accounts: Accounts,
  request: { pending: string; response: unknown; publicUrl: string; by: Actor },
): Promise<Session> {
  const { db } = accounts.database;
  const pending = unseal(accounts, request.pending, null);
  const response = request.response as AuthenticationResponseJSON;
  const passkey = await findPasskey(db, response.id);
  // Not recorded: strangers could fill the log with it.
  if (passkey === undefined) throw refused();
  try {
    return await signIn(accounts, { ...request, pending, response, passkey });
  } catch (error) {
    if (error instanceof AppError && error.code === 'PASSKEY_REFUSED') {
      const user = await findUser(db, passkey.user_id);
      await recordAudit(db, request.by, {
        action: 'sign-in.failed',
        object: user === undefined ? null : objectOf(user),
        after: { passkey: passkey.name },
      });
    }
    throw error;
  }
}

async function signIn(
  accounts: Accounts,
  attempt: {
    pending: Pending;
    response: AuthenticationResponseJSON;
    passkey: PasskeyRow;
    publicUrl: string;
    by: Actor;
  },
): Promise<Session> {
  const { database, clock } = accounts;
  const { pending, response, passkey, by } = attempt;
  const origin = new URL(attempt.publicUrl);
  const { verifyAuthenticationResponse } = await webAuthn();
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response,
    expectedChallenge: pending.challenge,
    expectedOrigin: origin.origin,
    expectedRPID: origin.hostname,
    credential: {
      id: passkey.id,
      publicKey: new Uint8Array(Buffer.from(passkey.public_key, 'base64url')),
      counter: passkey.counter,
    },
    requireUserVerification: true,
  }).catch(refuse);
  if (!verified) throw refused();
  return database.transaction(async (tx) => {
    await requireUnspent(tx, pending);
    const user = await findUser(tx, passkey.user_id);
    if (user === undefined || user.disabled === 1) throw refused();
    await notePasskeyUse(tx, { id: passkey.id, counter: authenticationInfo.newCounter, atMs: clock.nowMs() });
    const signedIn = { ...by, userId: user.id, userName: user.name };
    const after = { passkey: passkey.name };
    await recordAudit(tx, signedIn, { action: 'sign-in', object: objectOf(user), after });
    return startSession(accounts, tx, { user, by });
  });
}

const seal = (accounts: Accounts, begun: { userId: string | null; challenge: string }): string =>
  accounts.keys.seal(purpose, JSON.stringify({ ...begun, untilMs: accounts.clock.nowMs() + lifetimeMs }));

/** Throws `PASSKEY_REFUSED` for what was not begun here, by somebody else, or too long ago. */
function unseal(accounts: Accounts, sealed: string, userId: string | null): Pending {
  let pending: Pending;
  try {
    pending = Pending.parse(JSON.parse(accounts.keys.unseal(purpose, sealed)));
  } catch (cause) {
    throw refused(cause);
  }
  if (pending.userId !== userId || pending.untilMs <= accounts.clock.nowMs()) throw refused();
  return pending;
}

async function requireUnspent(tx: Parameters<typeof spendChallenge>[0], pending: Pending): Promise<void> {
  if (!(await spendChallenge(tx, pending.challenge, pending.untilMs))) throw refused();
}

const refused = (cause?: unknown): AppError =>
  new AppError('PASSKEY_REFUSED', 'the passkey does not fit this site, this account or this moment', {
    cause,
  });

/** The library throws plain errors for everything that is wrong with what a browser has sent. */
const refuse = (cause: unknown): never => {
  throw refused(cause);
};

const viewPasskey = (row: PasskeyRow): Passkey =>
  Passkey.parse({
    id: row.id,
    name: row.name,
    createdAtMs: row.created_at_ms,
    lastUsedAtMs: row.last_used_at_ms,
  });
