import fc from 'fast-check';
import { SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { AppError } from '../errors/app-error.ts';
import { issueTicket, TicketClaims, ticketKey, verifyTicket } from './ticket.ts';

const key = ticketKey('the secret of the master', 'store-1');
const nowMs = 1_800_000_000_000;
const blobId = '7b0f2c9e-44f2-4c31-9c0a-0f2d5a9f1c11';
const read = TicketClaims.parse({ op: 'read', blobId });
const write = TicketClaims.parse({ op: 'write', partId: blobId, attempt: 3, maxBytes: 1024 });
const times = { nowMs, ttlSeconds: 60 };

function refusal(ticket: string, on = key, at = nowMs): string {
  try {
    verifyTicket(on, ticket, at);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.message).not.toContain('secret');
    return error.code;
  }
  throw new Error(`accepted: ${ticket}`);
}

/** A ticket by somebody who has the key and breaks one rule. */
const crooked = (claims: Record<string, unknown>, header: Record<string, unknown> = {}): Promise<string> =>
  new SignJWT({ aud: 'store-1', iat: nowMs / 1000, exp: nowMs / 1000 + 60, ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'longshore-ticket', ...header })
    .sign(key.key);

test('P5 a ticket allows exactly what was issued', async () => {
  expect(verifyTicket(key, issueTicket(key, read, times), nowMs)).toEqual(read);
  expect(verifyTicket(key, issueTicket(key, write, times), nowMs)).toEqual(write);
  expect(verifyTicket(key, await crooked({ op: 'read', blobId }), nowMs)).toEqual(read);
});

test('P5 a ticket tells no secret', async () => {
  const [header, payload] = issueTicket(key, write, times).split('.');
  const text = [header, payload].map((part) => Buffer.from(part ?? '', 'base64url').toString()).join();
  expect(text).not.toContain('secret');
  expect(text).not.toContain(Buffer.from(key.key).toString('hex'));
});

test('F9 a ticket of one store opens no other, even of the same secret', async () => {
  const ticket = issueTicket(key, read, times);
  expect(refusal(ticket, ticketKey('the secret of the master', 'store-2'))).toBe('TICKET_INVALID');
  expect(refusal(ticket, { audience: 'store-2', key: key.key })).toBe('TICKET_INVALID');
  expect(refusal(ticket, ticketKey('another secret', 'store-1'))).toBe('TICKET_INVALID');
});

test('F9 a ticket ends', async () => {
  const ticket = issueTicket(key, read, times);
  verifyTicket(key, ticket, nowMs + 59_000);
  expect(refusal(ticket, key, nowMs + 61_000)).toBe('TICKET_EXPIRED');
});

test('F9 a ticket with any byte changed or lost is refused', async () => {
  const ticket = issueTicket(key, read, times);
  for (let at = 0; at < ticket.length; at += 1) {
    expect(refusal(ticket.slice(0, at))).toBe('TICKET_INVALID');
  }
  fc.assert(
    fc.property(fc.nat(ticket.length - 1), fc.integer({ min: 0x21, max: 0x7e }), (at, code) => {
      const changed = ticket.slice(0, at) + String.fromCharCode(code) + ticket.slice(at + 1);
      fc.pre(changed !== ticket);
      expect(refusal(changed)).toBe('TICKET_INVALID');
    }),
    { numRuns: 2000 },
  );
  // Every letter in the last place: base64 has spare bits there.
  for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
    const changed = ticket.slice(0, -1) + letter;
    if (changed !== ticket) expect(refusal(changed), letter).toBe('TICKET_INVALID');
  }
});

test.for([
  ['alg none', { alg: 'none', typ: 'longshore-ticket' }],
  ['another algorithm', { alg: 'HS512', typ: 'longshore-ticket' }],
  ['a public key algorithm', { alg: 'RS256', typ: 'longshore-ticket' }],
] as const)('F5 %s is refused', async ([, header]) => {
  const [, payload, signature] = issueTicket(key, read, times).split('.');
  const forged = Buffer.from(JSON.stringify(header)).toString('base64url');
  expect(refusal(`${forged}.${payload}.${signature}`)).toBe('TICKET_INVALID');
  expect(refusal(`${forged}.${payload}.`)).toBe('TICKET_INVALID');
});

test.for([
  ['an unknown operation', crooked({ op: 'delete', blobId })],
  ['no operation', crooked({ blobId })],
  ['a read without a blob', crooked({ op: 'read' })],
  ['a blob that is no id', crooked({ op: 'read', blobId: '../../etc/passwd' })],
  ['a write without a limit', crooked({ op: 'write', partId: blobId, attempt: 1 })],
  ['a write with a negative limit', crooked({ op: 'write', partId: blobId, attempt: 1, maxBytes: -1 })],
  ['no end', crooked({ op: 'read', blobId, exp: undefined })],
  ['no beginning', crooked({ op: 'read', blobId, iat: undefined })],
  ['another algorithm', crooked({ op: 'read', blobId }, { alg: 'HS512' })],
  ['a token of another kind', crooked({ op: 'read', blobId }, { typ: 'JWT' })],
] as const)('F9 a signed ticket with %s is refused', async ([, ticket]) => {
  expect(refusal(await ticket)).toBe('TICKET_INVALID');
});

test.for(['', 'x', 'a.b', 'a.b.c', '..', 'a.b.c.d.e', 'x'.repeat(100_000)])(
  'what is no ticket is refused: %#',
  async (ticket) => {
    expect(refusal(ticket)).toBe('TICKET_INVALID');
  },
);
