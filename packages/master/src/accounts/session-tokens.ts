import { AppError, UserId } from '@longshore/protocol';
import type { Clock } from '@longshore/runtime';
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';

const issuer = 'longshore';
const audience = 'longshore-session';
const algorithm = 'HS256';

export const sessionLifetimeMs = 30 * 24 * 3600 * 1000;

const Claims = z.object({ sub: UserId, sid: z.uuid(), exp: z.number() });

/** Tokens whose signature was found good are remembered, up to so many: one is sent with every request. */
const mostVerified = 10_000;

export type SessionTokens = {
  sign(session: { id: string; userId: string; expiresAtMs: number }): Promise<string>;
  /** Throws `TOKEN_EXPIRED` for a token of ours that is over, `UNAUTHENTICATED` for anything else that is wrong. */
  verify(token: string): Promise<{ id: string; userId: UserId }>;
};

/**
 * Session tokens: compact JWS with HS256. A token alone opens nothing: its session must still be in the database.
 */
export function createSessionTokens(key: Uint8Array, clock: Clock): SessionTokens {
  // Handed over as bytes, the key would be imported anew for each token.
  const imported = crypto.subtle.importKey(
    'raw',
    new Uint8Array(key),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign', 'verify'],
  );
  const verified = new Map<string, { session: { id: string; userId: UserId }; expiresAtMs: number }>();
  return {
    sign: async ({ id, userId, expiresAtMs }) =>
      new SignJWT({ sid: id })
        .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
        .setSubject(userId)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(Math.floor(clock.nowMs() / 1000))
        .setExpirationTime(Math.floor(expiresAtMs / 1000))
        .sign(await imported),
    verify: async (token) => {
      const known = verified.get(token);
      if (known !== undefined && known.expiresAtMs > clock.nowMs()) return known.session;
      try {
        const { payload } = await jwtVerify(token, await imported, {
          algorithms: [algorithm],
          issuer,
          audience,
          requiredClaims: ['sub', 'sid', 'exp', 'iat'],
          currentDate: new Date(clock.nowMs()),
        });
        const { sub, sid, exp } = Claims.parse(payload);
        const session = { id: sid, userId: sub };
        if (verified.size >= mostVerified) verified.clear();
        verified.set(token, { session, expiresAtMs: exp * 1000 });
        return session;
      } catch (cause) {
        if (cause instanceof errors.JWTExpired) {
          throw new AppError('TOKEN_EXPIRED', 'this session has expired', { cause });
        }
        throw new AppError('UNAUTHENTICATED', 'this is not a valid session or API token', { cause });
      }
    },
  };
}
