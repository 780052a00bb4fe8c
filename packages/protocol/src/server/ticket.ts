import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';
import { BlobId, Count, PartId } from '../ids.ts';
import { equalBytes } from './equal-bytes.ts';

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

const base64 = (text: string): string => Buffer.from(text).toString('base64url');

/** The only header a ticket may have, so that nobody can choose another algorithm. */
const header = base64('{"alg":"HS256","typ":"longshore-ticket"}');

const macOf = (key: TicketKey, signed: string): Buffer =>
  createHmac('sha256', key.key).update(signed).digest();

const Times = z.object({ aud: z.string(), iat: z.number(), exp: z.number() });

export function issueTicket(
  key: TicketKey,
  claims: TicketClaims,
  times: { nowMs: number; ttlSeconds: number },
): string {
  const iat = Math.floor(times.nowMs / 1000);
  const payload = { ...claims, aud: key.audience, iat, exp: iat + times.ttlSeconds };
  const signed = `${header}.${base64(JSON.stringify(payload))}`;
  return `${signed}.${macOf(key, signed).toString('base64url')}`;
}

/** The claims of a ticket for this store. Throws `TICKET_INVALID` or `TICKET_EXPIRED`. */
export function verifyTicket(key: TicketKey, ticket: string, nowMs: number): TicketClaims {
  const end = ticket.lastIndexOf('.');
  const signed = ticket.slice(0, end);
  const mac = macOf(key, signed);
  const claimed = Buffer.from(ticket.slice(end + 1), 'base64url');
  // Base64 has several spellings of the same bytes; a ticket has one.
  const canonical = claimed.toString('base64url') === ticket.slice(end + 1);
  if (!canonical || !equalBytes(claimed, mac)) throw invalid();
  const [first, payload, ...others] = signed.split('.');
  if (first !== header || payload === undefined || others.length > 0) throw invalid();
  const { aud, exp, claims } = parsePayload(payload);
  if (aud !== key.audience) throw invalid();
  if (exp <= nowMs / 1000) throw new AppError('TICKET_EXPIRED', 'the ticket has expired');
  return claims;
}

function parsePayload(payload: string): { aud: string; exp: number; claims: TicketClaims } {
  try {
    const json: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    const { aud, exp } = Times.parse(json);
    return { aud, exp, claims: TicketClaims.parse(json) };
  } catch (cause) {
    throw invalid(cause);
  }
}

const invalid = (cause?: unknown): AppError =>
  new AppError('TICKET_INVALID', 'the ticket is not valid for this store', { cause });
