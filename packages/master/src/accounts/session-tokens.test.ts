import { createHmac } from 'node:crypto';
import { UserId } from '@longshore/protocol';
import { describe, expect, it } from 'vitest';
import { createSessionTokens } from './session-tokens.ts';

const key = new Uint8Array(32).fill(1);
const startMs = 1_800_000_000_000;
const userId = UserId.parse('6f1f8e0a-4b0c-4c53-9d3a-6b8f6d1a2c11');
const sessionId = '0d8b6b6e-7c5e-4a0e-8f7f-3f5d7f0f9a22';

/** A token made by hand, so that it can be wrong in one place. */
function forge(changes: {
  header?: Record<string, unknown>;
  claims?: Record<string, unknown>;
  key?: Uint8Array;
  hash?: string;
}): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = { alg: 'HS256', typ: 'JWT', ...changes.header };
  const seconds = startMs / 1000;
  const claims = {
    sub: userId,
    sid: sessionId,
    iss: 'longshore',
    aud: 'longshore-session',
    iat: seconds,
    exp: seconds + 60,
    ...changes.claims,
  };
  const signed = `${encode(header)}.${encode(claims)}`;
  const mac = createHmac(changes.hash ?? 'sha256', changes.key ?? key)
    .update(signed)
    .digest('base64url');
  return `${signed}.${mac}`;
}

describe('session tokens', () => {
  let nowMs = startMs;
  const tokens = createSessionTokens(key, { nowMs: () => nowMs, monotonicMs: () => nowMs });

  it('name their session and user', async () => {
    const token = await tokens.sign({ id: sessionId, userId, expiresAtMs: startMs + 60_000 });
    expect(await tokens.verify(token)).toEqual({ id: sessionId, userId });
    expect(await tokens.verify(forge({}))).toEqual({ id: sessionId, userId });
  });

  const unsigned = (alg: string): string => `${forge({ header: { alg } }).split('.').slice(0, 2).join('.')}.`;
  const whole = forge({});
  const refused: Record<string, string> = {
    'nothing at all': '',
    'no token': 'hello',
    'alg none': unsigned('none'),
    'alg None': unsigned('None'),
    'alg none with a signature': forge({ header: { alg: 'none' } }),
    'another HMAC': forge({ header: { alg: 'HS512' }, hash: 'sha512' }),
    'an RSA alg': forge({ header: { alg: 'RS256' } }),
    'no alg': forge({ header: { alg: undefined } }),
    'another key': forge({ key: new Uint8Array(32).fill(2) }),
    'an empty key': forge({ key: new Uint8Array(0) }),
    'a key in the header': forge({
      header: { jwk: { kty: 'oct', k: Buffer.alloc(32, 3).toString('base64url') } },
      key: Buffer.alloc(32, 3),
    }),
    'a critical extension': forge({ header: { crit: ['exp'], exp: 1 } }),
    'an unencoded payload': forge({ header: { crit: ['b64'], b64: false } }),
    'another issuer': forge({ claims: { iss: 'somebody' } }),
    'another audience': forge({ claims: { aud: 'longshore-ticket' } }),
    'no audience': forge({ claims: { aud: undefined } }),
    'no expiry': forge({ claims: { exp: undefined } }),
    'an expiry in words': forge({ claims: { exp: 'never' } }),
    'no session': forge({ claims: { sid: undefined } }),
    'no subject': forge({ claims: { sub: undefined } }),
    'a subject that is no id': forge({ claims: { sub: 'admin' } }),
    'not valid yet': forge({ claims: { nbf: startMs / 1000 + 3600 } }),
    'a truncated signature': whole.slice(0, -4),
    'no signature': whole.slice(0, whole.lastIndexOf('.') + 1),
    'two parts': whole.slice(0, whole.lastIndexOf('.')),
    'four parts': `${whole}.e30`,
    'a changed claim': whole.replace(/\.(.)/, (_all, first: string) => `.${first === 'e' ? 'f' : 'e'}`),
  };
  for (const [what, token] of Object.entries(refused)) {
    it(`are refused with ${what}`, async () => {
      await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    });
  }

  it('say that they have expired, to the second', async () => {
    const token = await tokens.sign({ id: sessionId, userId, expiresAtMs: startMs + 60_000 });
    nowMs = startMs + 59_000;
    await tokens.verify(token);
    nowMs = startMs + 60_000;
    await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    nowMs = startMs;
  });

  it('say nothing about their expiry when the signature is wrong', async () => {
    const old = forge({ claims: { exp: 1 }, key: new Uint8Array(32).fill(2) });
    await expect(tokens.verify(old)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});
