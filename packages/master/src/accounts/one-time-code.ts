import { createHmac, randomBytes } from 'node:crypto';
import { equalBytes } from '@longshore/protocol/server';

const stepMs = 30_000;
const digits = 6;
/** Steps before and after the present one that are accepted: clocks of phones differ. */
const tolerance = 1;

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Base32 without padding. Source: RFC 4648, 6. */
export function toBase32(bytes: Uint8Array): string {
  let text = '';
  let value = 0;
  let bits = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(value >>> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return bits > 0 ? text + alphabet[(value << (5 - bits)) & 31] : text;
}

/** 160 bits, as RFC 4226 recommends. */
export const generateTotpSecret = (): Buffer => randomBytes(20);

/** The code of one step of 30 seconds. Source: RFC 6238 with HMAC-SHA-1, which every app understands. */
export function totpCode(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  const value = mac.readUInt32BE(offset) & 0x7f_ff_ff_ff;
  return String(value % 10 ** digits).padStart(digits, '0');
}

/** The step whose code it is, or undefined. Takes as long for a wrong code as for a right one. */
export function matchingStep(secret: Uint8Array, code: string, nowMs: number): number | undefined {
  const given = code.padEnd(digits).slice(0, 64);
  const present = Math.floor(nowMs / stepMs);
  let found: number | undefined;
  for (let step = present - tolerance; step <= present + tolerance; step += 1) {
    if (equalBytes(given, totpCode(secret, step))) found = step;
  }
  return found;
}

/** What an authenticator app reads from a QR code. */
export function otpauthUri(options: { secret: string; userName: string; site: string }): string {
  const issuer = `Longshore ${options.site}`;
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(options.userName)}`;
  return `otpauth://totp/${label}?secret=${options.secret}&issuer=${encodeURIComponent(issuer)}`;
}

/** 50 random bits, typed from paper once: "k3m9x-7qpw2". */
export function generateRecoveryCode(): string {
  const text = toBase32(randomBytes(7)).toLowerCase().slice(0, 10);
  return `${text.slice(0, 5)}-${text.slice(5)}`;
}

/** As typed: blanks and hyphens do not count, nor does case. */
export const normalizeCode = (code: string): string => code.replace(/[\s-]/g, '').toLowerCase();
