import { createHmac, timingSafeEqual } from 'node:crypto';
import { httpbis } from 'http-message-signatures';
import { type InnerList, isInnerList, parseDictionary, serializeList } from 'structured-headers';
import { AppError } from '../errors/app-error.ts';
import type { SignedRequestParts, SignedResponseParts } from './http-message.ts';

type Message = SignedRequestParts | SignedResponseParts;

/** What one Signature-Input / Signature pair says, before anything of it is believed. */
export type ParsedSignature = {
  readonly components: readonly string[];
  readonly keyId: string;
  readonly createdSeconds: number;
  readonly expiresSeconds: number;
  readonly nonce: string;
  readonly algorithm: string | undefined;
  readonly signature: Uint8Array;
  readonly input: InnerList;
};

/**
 * The signature base of RFC 9421, section 2.5. Throws when a component is missing from the message. The URL parser
 * underneath reads several requests as one, which is why both sides first call `requireNormalForm`.
 */
export function signatureBase(message: Message, input: InnerList): string {
  const components = input[0].map(([name]) => String(name));
  const base = httpbis.createSignatureBase(
    { fields: components },
    toLibraryMessage(message) as LibraryMessage,
  );
  base.push(['"@signature-params"', [serializeList([input])]]);
  return httpbis.formatSignatureBase(base);
}

/**
 * Admits a request line only in the one form that its signature covers: what a URL parser would change (dot
 * segments, `//host`, a lone `?`, characters to be escaped, a method in lower case) could be changed on the way
 * without being noticed. Throws `SIGNATURE_INVALID`.
 */
export function requireNormalForm({ method, target }: { method: string; target: string }): void {
  const url = URL.parse(target, signatureOrigin);
  const isNormal = url?.origin === signatureOrigin && url.pathname + url.search === target;
  if (!isNormal || method !== method.toUpperCase()) {
    throw invalid('the method and the target of the request are not in their normal form');
  }
}

const signatureOrigin = 'http://longshore.invalid';

export const hmacSha256 = (secret: string, base: string): Buffer =>
  createHmac('sha256', secret).update(base).digest();

export const signaturesEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && timingSafeEqual(a, b);

/**
 * Reads the one signature of a message. Longshore's profile allows exactly one label, and requires `created`,
 * `expires`, `keyid` and `nonce`; `alg`, when present, must be `hmac-sha256`. Component parameters are refused.
 * Throws `SIGNATURE_MISSING` or `SIGNATURE_INVALID`.
 */
export function parseSignature(headers: Message['headers']): ParsedSignature {
  const inputField = headers['signature-input'];
  const signatureField = headers.signature;
  if (inputField === undefined || signatureField === undefined) {
    throw new AppError('SIGNATURE_MISSING', 'the message carries no Signature and Signature-Input header');
  }
  if (inputField.length > 2048 || signatureField.length > 512)
    throw invalid('the signature headers are too long');
  const inputs = parseField(inputField);
  const signatures = parseField(signatureField);
  const [label, input] = inputs.entries().next().value ?? [];
  if (inputs.size !== 1 || signatures.size !== 1 || label === undefined || input === undefined) {
    throw invalid('the message must carry exactly one signature');
  }
  const [signature] = signatures.get(label) ?? [];
  if (!isInnerList(input) || !(signature instanceof ArrayBuffer)) throw invalid('the signature is malformed');
  // One signature has one spelling: no repeated label, no spare bits in the last letter of base64.
  const bytes = Buffer.from(signature).toString('base64');
  if (signatureField !== `${label}=:${bytes}:` || inputField !== `${label}=${serializeList([input])}`) {
    throw invalid('the signature headers are not in canonical form');
  }
  const components = input[0].map(([name, parameters]) => {
    if (typeof name !== 'string' || parameters.size > 0)
      throw invalid('a covered component is not a plain name');
    return name;
  });
  const parameters = input[1];
  const text = (name: string): string => {
    const value = parameters.get(name);
    if (typeof value !== 'string' || value === '' || value.length > 128)
      throw invalid(`"${name}" is missing`);
    return value;
  };
  const seconds = (name: string): number => {
    const value = parameters.get(name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw invalid(`"${name}" is missing`);
    return value;
  };
  const algorithm = parameters.has('alg') ? text('alg') : undefined;
  if (algorithm !== undefined && algorithm !== 'hmac-sha256') throw invalid('"alg" must be hmac-sha256');
  return {
    components,
    keyId: text('keyid'),
    createdSeconds: seconds('created'),
    expiresSeconds: seconds('expires'),
    nonce: text('nonce'),
    algorithm,
    signature: new Uint8Array(signature),
    input,
  };
}

const invalid = (reason: string): AppError => new AppError('SIGNATURE_INVALID', reason);

function parseField(field: string): ReturnType<typeof parseDictionary> {
  try {
    return parseDictionary(field);
  } catch (cause) {
    throw new AppError('SIGNATURE_INVALID', 'the signature headers are not structured fields', { cause });
  }
}

/** The library's overloads name requests only, but it takes answers as well. */
type LibraryMessage = Parameters<typeof httpbis.createSignatureBase>[1];

function toLibraryMessage(message: Message): object {
  const present: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) if (value !== undefined) present[name] = value;
  if ('status' in message) return { status: message.status, headers: present };
  return {
    method: message.method,
    url: new URL(message.target, signatureOrigin),
    headers: present,
  };
}
