import { z } from 'zod';
import { Count, SessionId, UserId } from '../ids.ts';
import { Password } from './account-values.ts';
import { endpoint } from './endpoint.ts';

/** Six digits of an authenticator app, or a recovery code; blanks and hyphens do not count. */
export const SecondFactorCode = z.string().min(6).max(32);

/** A place where you are signed in. */
export const OwnSession = z.object({
  id: SessionId,
  createdAtMs: Count,
  /** Noted about once a minute. */
  lastUsedAtMs: Count,
  expiresAtMs: Count,
  /** Where it was begun. */
  address: z.string(),
  /** What the client said of itself then. */
  userAgent: z.string(),
  /** True for the one that asks. */
  current: z.boolean(),
});
export type OwnSession = z.infer<typeof OwnSession>;

export const TwoFactor = z.object({
  enabled: z.boolean(),
  enabledAtMs: Count.nullable(),
  /** Codes that are left for the day the phone is lost; each works once. */
  recoveryCodesLeft: Count,
});
export type TwoFactor = z.infer<typeof TwoFactor>;

const tag = 'Accounts';
const Done = z.object({});

export const security = {
  listSessions: endpoint({
    method: 'get',
    path: '/api/v1/me/sessions',
    tag,
    summary: 'Where you are signed in',
    access: 'user',
    status: 200,
    response: z.object({ sessions: z.array(OwnSession) }),
  }),
  endSession: endpoint({
    method: 'delete',
    path: '/api/v1/me/sessions/{id}',
    tag,
    summary: 'Sign out there',
    access: 'user',
    params: z.object({ id: SessionId }),
    status: 200,
    response: Done,
  }),
  endOtherSessions: endpoint({
    method: 'post',
    path: '/api/v1/me/sessions/end-others',
    tag,
    summary: 'Sign out everywhere but here; API tokens stay. Answers how many sessions have ended',
    access: 'user',
    status: 200,
    response: z.object({ ended: Count }),
  }),
  showTwoFactor: endpoint({
    method: 'get',
    path: '/api/v1/me/two-factor',
    tag,
    summary: 'Whether signing in takes a code of an authenticator app',
    access: 'user',
    status: 200,
    response: TwoFactor,
  }),
  startTwoFactor: endpoint({
    method: 'post',
    path: '/api/v1/me/two-factor/start',
    tag,
    summary: 'Get a secret for an authenticator app; nothing changes until a code of it is confirmed',
    access: 'user',
    body: z.strictObject({ password: Password }),
    status: 200,
    response: z.object({
      /** In base32, to type into an app. */
      secret: z.string(),
      /** The same as `otpauth:` URI, to show as a QR code. */
      uri: z.string(),
    }),
  }),
  confirmTwoFactor: endpoint({
    method: 'post',
    path: '/api/v1/me/two-factor/confirm',
    tag,
    summary: 'Turn two-factor on with a first code; the recovery codes are shown only in this answer',
    access: 'user',
    body: z.strictObject({ code: SecondFactorCode }),
    status: 200,
    response: z.object({ recoveryCodes: z.array(z.string()) }),
  }),
  renewRecoveryCodes: endpoint({
    method: 'post',
    path: '/api/v1/me/two-factor/recovery-codes',
    tag,
    summary: 'Get new recovery codes, shown only in this answer; the old ones end',
    access: 'user',
    body: z.strictObject({ password: Password, code: SecondFactorCode }),
    status: 200,
    response: z.object({ recoveryCodes: z.array(z.string()) }),
  }),
  disableTwoFactor: endpoint({
    method: 'post',
    path: '/api/v1/me/two-factor/disable',
    tag,
    summary: 'Turn two-factor off',
    access: 'user',
    body: z.strictObject({ password: Password, code: SecondFactorCode }),
    status: 200,
    response: Done,
  }),
  resetTwoFactor: endpoint({
    method: 'delete',
    path: '/api/v1/users/{id}/two-factor',
    tag,
    summary: 'Turn off the two-factor of a user who has lost the app and the recovery codes',
    access: 'admin',
    params: z.object({ id: UserId }),
    status: 200,
    response: Done,
  }),
} as const;
