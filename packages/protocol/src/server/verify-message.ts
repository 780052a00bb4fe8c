import { AppError } from '../errors/app-error.ts';
import { headers as names } from '../headers.ts';
import { negotiateProtocol } from '../version.ts';
import { equalBytes } from './equal-bytes.ts';
import type { SignedRequestParts, SignedResponseParts } from './http-message.ts';
import {
  hmacSha256,
  type ParsedSignature,
  parseSignature,
  requireNormalForm,
  signatureBase,
} from './signature-base.ts';
import { requestComponents, responseComponents } from './signed-components.ts';
import type { SigningKey } from './signing-key.ts';

/** The longest time between `created` and `expires` that is accepted, whatever the sender wishes. */
const longestWindowSeconds = 300;

/** `forgotten`: nonces that were to be kept as long as this one are no longer known, so nobody can tell whether it is new. */
export type NonceVerdict = 'new' | 'seen' | 'forgotten';

/** Remembers the nonces of a window. Shared by all processes that accept the same keys. */
export type NonceStore = {
  /** A nonce that is new for this key is remembered until `untilMs` at least. */
  remember(keyId: string, nonce: string, untilMs: number): NonceVerdict | Promise<NonceVerdict>;
};

export type VerifiedRequest<Key extends SigningKey> = {
  readonly key: Key;
  readonly nonce: string;
  readonly requestId: string;
  /** The minor protocol version that both sides know. */
  readonly minor: number;
  /** The sender's clock minus ours, in milliseconds, including the time on the way. */
  readonly skewMs: number;
  /** Must match the body, which is read only now: see `verifyContentDigest`. */
  readonly contentDigest: string;
};

/**
 * Verifies a request by its headers alone, so that nothing of a stranger's body is ever read. Checked in this
 * order: version, key, clock, signature, replay. Throws `VERSION_MISMATCH`, `SIGNATURE_MISSING`, `KEY_UNKNOWN`,
 * `CLOCK_SKEW`, `SIGNATURE_EXPIRED`, `SIGNATURE_INVALID` or `REPLAYED`. Source: RFC 9421, section 3.2.
 */
export async function verifyRequest<Key extends SigningKey>(options: {
  request: SignedRequestParts;
  /** Who we are: the peer plays the other role. */
  role: 'master' | 'slave';
  findKey(keyId: string): Key | undefined | Promise<Key | undefined>;
  nonces: NonceStore;
  nowMs: number;
  maxSkewMs: number;
}): Promise<VerifiedRequest<Key>> {
  const { request, nowMs, maxSkewMs } = options;
  const minor = negotiateProtocol({
    role: options.role === 'master' ? 'slave' : 'master',
    protocol: request.headers[names.protocol],
    product: request.headers[names.version],
  });
  const parsed = parseSignature(request.headers);
  requireComponents(parsed, requestComponents);
  requireNormalForm(request);
  const key = await options.findKey(parsed.keyId);
  if (key === undefined) throw new AppError('KEY_UNKNOWN', `no key "${parsed.keyId}" is known here`);
  const skewMs = checkWindow(parsed, nowMs, maxSkewMs);
  checkSignature(request, parsed, key);
  const untilMs = (parsed.expiresSeconds + 1) * 1000 + 2 * maxSkewMs;
  const verdict = await options.nonces.remember(key.keyId, parsed.nonce, untilMs);
  if (verdict === 'seen') {
    throw new AppError('REPLAYED', `the request with nonce "${parsed.nonce}" was already received`);
  }
  if (verdict === 'forgotten') {
    throw new AppError(
      'CLOCK_SKEW',
      'our clock was set back: requests of this time were received before, and cannot be told from their repetition',
      { details: { callerClockMs: parsed.createdSeconds * 1000, ourClockMs: Math.round(nowMs), skewMs } },
    );
  }
  return {
    key,
    nonce: parsed.nonce,
    requestId: request.headers[names.requestId] ?? '',
    minor,
    skewMs,
    contentDigest: request.headers['content-digest'] ?? '',
  };
}

/**
 * Verifies that an answer comes from the holder of the key and answers this very request. Returns the peer's
 * clock minus ours, in milliseconds.
 */
export function verifyResponse(options: {
  response: SignedResponseParts;
  key: SigningKey;
  requestNonce: string;
  nowMs: number;
}): { skewMs: number; contentDigest: string } {
  const { response, key, nowMs } = options;
  const parsed = parseSignature(response.headers);
  requireComponents(parsed, responseComponents);
  if (parsed.keyId !== key.keyId)
    throw new AppError('SIGNATURE_INVALID', 'the answer is signed with another key');
  checkSignature(response, parsed, key);
  if (response.headers[names.nonce] !== options.requestNonce) {
    throw new AppError('SIGNATURE_INVALID', 'the answer belongs to another request');
  }
  const clockMs = Number(response.headers[names.clock]);
  if (!Number.isSafeInteger(clockMs))
    throw new AppError('SIGNATURE_INVALID', `${names.clock} is not a number`);
  return {
    skewMs: clockMs - nowMs,
    contentDigest: response.headers['content-digest'] ?? '',
  };
}

function requireComponents(parsed: ParsedSignature, required: readonly string[]): void {
  if (parsed.components === required) return;
  const missing = required.filter((component) => !parsed.components.includes(component));
  if (missing.length > 0 || parsed.components.length !== required.length) {
    const what =
      missing.length > 0 ? `does not cover ${missing.join(', ')}` : 'covers more than the profile allows';
    throw new AppError('SIGNATURE_INVALID', `the signature ${what}`);
  }
}

function checkWindow(parsed: ParsedSignature, nowMs: number, maxSkewMs: number): number {
  const skewMs = parsed.createdSeconds * 1000 - nowMs;
  if (Math.abs(skewMs) > maxSkewMs) {
    const direction = skewMs > 0 ? 'ahead of' : 'behind';
    throw new AppError(
      'CLOCK_SKEW',
      `the caller's clock is ${Math.abs(Math.round(skewMs))} ms ${direction} ours; at most ${maxSkewMs} ms are allowed`,
      { details: { callerClockMs: parsed.createdSeconds * 1000, ourClockMs: Math.round(nowMs), skewMs } },
    );
  }
  const windowSeconds = parsed.expiresSeconds - parsed.createdSeconds;
  if (windowSeconds <= 0 || windowSeconds > longestWindowSeconds) {
    throw new AppError('SIGNATURE_INVALID', `a signature must be valid for 1 to ${longestWindowSeconds} s`);
  }
  const expiredMs = nowMs - parsed.expiresSeconds * 1000;
  if (expiredMs > 0) {
    const seconds = Math.ceil(expiredMs / 1000);
    throw new AppError(
      'SIGNATURE_EXPIRED',
      `the signature was valid for ${windowSeconds} s and ended ${seconds} s ago`,
    );
  }
  return skewMs;
}

function checkSignature(
  message: SignedRequestParts | SignedResponseParts,
  parsed: ParsedSignature,
  key: SigningKey,
): void {
  if (!equalBytes(parsed.signature, hmacSha256(key.secret, baseOf(message, parsed)))) {
    throw new AppError('SIGNATURE_INVALID', 'the signature does not match the message and the secret');
  }
}

function baseOf(message: SignedRequestParts | SignedResponseParts, parsed: ParsedSignature): string {
  try {
    return signatureBase(message, parsed.input);
  } catch (cause) {
    throw new AppError('SIGNATURE_INVALID', 'a covered component is missing from the message', { cause });
  }
}
