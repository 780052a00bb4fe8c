import { z } from 'zod';
import { Count } from '../ids.ts';
import { Password } from './account-values.ts';
import { Session } from './accounts.ts';
import { endpoint } from './endpoint.ts';

export const Passkey = z.object({
  /** The credential id, in base64url. */
  id: z.string(),
  name: z.string(),
  createdAtMs: Count,
  lastUsedAtMs: Count.nullable(),
});
export type Passkey = z.infer<typeof Passkey>;

/** Goes as it is to `navigator.credentials` and comes from there, in the JSON forms of WebAuthn level 3. */
const FromBrowser = z.looseObject({
  id: z.string().max(1400),
  rawId: z.string().max(1400),
  type: z.literal('public-key'),
  response: z.looseObject({ clientDataJSON: z.string().max(16_384) }),
  clientExtensionResults: z.looseObject({}),
});
const ForBrowser = z.looseObject({ challenge: z.string() });

/** What was begun, sealed; to be sent back with the answer of the browser within five minutes. */
const Pending = z.string().max(2048);

const tag = 'Accounts';

export const passkeys = {
  listPasskeys: endpoint({
    method: 'get',
    path: '/api/v1/me/passkeys',
    tag,
    summary: 'Your passkeys',
    access: 'user',
    status: 200,
    response: z.object({ passkeys: z.array(Passkey) }),
  }),
  startPasskey: endpoint({
    method: 'post',
    path: '/api/v1/me/passkeys/start',
    tag,
    summary: 'Begin to add a passkey: what to pass to navigator.credentials.create',
    access: 'user',
    body: z.strictObject({ password: Password }),
    status: 200,
    response: z.object({ options: ForBrowser, pending: Pending }),
  }),
  addPasskey: endpoint({
    method: 'post',
    path: '/api/v1/me/passkeys',
    tag,
    summary: 'Add the passkey that the browser has made',
    access: 'user',
    body: z.strictObject({ name: z.string().min(1).max(64), pending: Pending, response: FromBrowser }),
    status: 201,
    response: Passkey,
  }),
  deletePasskey: endpoint({
    method: 'delete',
    path: '/api/v1/me/passkeys/{id}',
    tag,
    summary: 'Remove a passkey',
    access: 'user',
    params: z.object({ id: z.string().max(1400) }),
    status: 200,
    response: z.object({}),
  }),
  startPasskeySignIn: endpoint({
    method: 'post',
    path: '/api/v1/passkey-login/start',
    tag,
    summary: 'Begin to sign in with a passkey: what to pass to navigator.credentials.get',
    access: 'public',
    status: 200,
    response: z.object({ options: ForBrowser, pending: Pending }),
  }),
  signInWithPasskey: endpoint({
    method: 'post',
    path: '/api/v1/passkey-login',
    tag,
    summary: 'Sign in with a passkey, without name and password',
    access: 'public',
    body: z.strictObject({ pending: Pending, response: FromBrowser }),
    status: 200,
    response: Session,
  }),
} as const;
