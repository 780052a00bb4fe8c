import { createHmac } from 'node:crypto';
import { errors as joseErrors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';
import { BlobId, Count, PartId } from '../ids.ts';

/**
 * What a ticket allows, as the claims of a compact JWS (HS256). A read ticket opens one blob. A write ticket
 * lets one attempt store blobs of its own, under ids that are not taken, up to `maxBytes` each.
 */
export const TicketClaims = z.discriminatedUnion('op', [
  z.object({ op: z.literal('read'), blobId: BlobId }),
  z.object({ op: z.literal('write'), partId: PartId, attempt: Count, maxBytes: Count }),
]);
export type TicketClaims = z.infer<typeof TicketClaims>;

/** Which store honours a ticket, and the key that only those who issue and honour its tickets have. */
export type TicketKey = { readonly audience: string; readonly key: Uint8Array };

/** The ticket key of a store, derived from a secret so that no secret is used for two purposes. */
export const ticketKey = (secret: string, audience: string): TicketKey => ({
  audience,
  key: createHmac('sha256', secret).update(`longshore ticket key ${audience}`).digest(),
});

export async function issueTicket(
  key: TicketKey,
  claims: TicketClaims,
  times: { nowMs: number; ttlSeconds: number },
): Promise<string> {
  const issuedAt = Math.floor(times.nowMs / 1000);
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'longshore-ticket' })
    .setAudience(key.audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + times.ttlSeconds)
    .sign(key.key);
}

/** The claims of a ticket for this store. Throws `TICKET_INVALID` or `TICKET_EXPIRED`. */
export async function verifyTicket(key: TicketKey, ticket: string, nowMs: number): Promise<TicketClaims> {
  // The last letter of base64 has spare bits: without this several texts would be one ticket.
  const canonical = ticket
    .split('.')
    .every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
  if (!canonical) throw new AppError('TICKET_INVALID', 'the ticket is not in canonical form');
  try {
    const { payload } = await jwtVerify(ticket, key.key, {
      algorithms: ['HS256'],
      typ: 'longshore-ticket',
      audience: key.audience,
      currentDate: new Date(nowMs),
      requiredClaims: ['exp', 'iat'],
    });
    return TicketClaims.parse(payload);
  } catch (cause) {
    if (cause instanceof joseErrors.JWTExpired)
      throw new AppError('TICKET_EXPIRED', 'the ticket has expired', { cause });
    throw new AppError('TICKET_INVALID', 'the ticket is not valid for this store', { cause });
  }
}
