import { createHmac, hash } from 'node:crypto';
import { AppError } from '../errors/app-error.ts';
import type { SignedRequestParts, SignedResponseParts } from './http-message.ts';
import { requestComponents, responseComponents, signatureLabel } from './signed-components.ts';

type Message = SignedRequestParts | SignedResponseParts;

/** What a signature covers, and the same with what it says of itself, as it stands in its Signature-Input field. */
export type SignatureInput = { readonly components: readonly string[]; readonly text: string };

type Parameters = ReadonlyMap<string, string | number>;

/** What one Signature-Input / Signature pair says, before anything of it is believed. */
export type ParsedSignature = {
  readonly components: readonly string[];
  readonly keyId: string;
  readonly createdSeconds: number;
  readonly expiresSeconds: number;
  readonly nonce: string;
  readonly algorithm: string | undefined;
  readonly signature: Uint8Array;
  readonly input: SignatureInput;
};

/** The signature base of RFC 9421, section 2.5. Throws when a component is missing from the message. */
export function signatureBase(message: Message, input: SignatureInput): string {
  let base = '';
  for (const name of input.components) base += `"${name}": ${componentValue(message, name)}\n`;
  return `${base}"@signature-params": ${input.text}`;
}

/** A component as it stands in the signature base. Source: RFC 9421, sections 2.1 and 2.2. */
function componentValue(message: Message, name: string): string {
  const value = name.startsWith('@') ? derivedValue(message, name) : message.headers[name]?.trim();
  if (value === undefined) throw new Error(`the message has no component "${name}"`);
  return value;
}

function derivedValue(message: Message, name: string): string | undefined {
  if ('status' in message) return name === '@status' ? String(message.status) : undefined;
  const queryAt = message.target.indexOf('?');
  switch (name) {
    case '@method':
      return message.method;
    case '@authority':
      return message.headers.host?.toLowerCase();
    case '@path':
      return queryAt === -1 ? message.target : message.target.slice(0, queryAt);
    case '@query':
      return queryAt === -1 ? '?' : message.target.slice(queryAt);
    default:
      return undefined;
  }
}

const listOf = (components: readonly string[]): string =>
  `(${components.map((name) => `"${name}"`).join(' ')})`;

/** The lists that our own programs write. */
const ownLists = new Map<readonly string[], string>(
  [requestComponents, responseComponents].map((components) => [components, listOf(components)]),
);

/** The components in the form of a Signature-Input field, without parameters. */
export const componentList = (components: readonly string[]): string =>
  ownLists.get(components) ?? listOf(components);

/** The inner list of a Signature-Input field. Source: RFC 9651, section 4.1.1. */
export function signatureInput(components: readonly string[], parameters: Parameters): SignatureInput {
  let text = componentList(components);
  for (const [name, value] of parameters) {
    text += typeof value === 'number' ? `;${name}=${value}` : `;${name}="${value.replace(/[\\"]/g, '\\$&')}"`;
  }
  return { components, text };
}

/**
 * Admits a request line only in the one form that its signature covers: what a URL parser would change (dot
 * segments, `//host`, a lone `?`, characters to be escaped, a method in lower case) could be changed on the way
 * without being noticed. Throws `SIGNATURE_INVALID`.
 */
export function requireNormalForm({ method, target }: { method: string; target: string }): void {
  if (plainTarget.test(target) && plainMethod.test(method)) return;
  const url = URL.parse(target, signatureOrigin);
  const isNormal = url?.origin === signatureOrigin && url.pathname + url.search === target;
  if (!isNormal || method !== method.toUpperCase()) {
    throw invalid('the method and the target of the request are not in their normal form');
  }
}

/** What no URL parser changes; anything else is given to one. */
const plainTarget = /^\/(?:[A-Za-z0-9_-]+(?:\/[A-Za-z0-9_-]+)*)?$/;
const plainMethod = /^[A-Z]+$/;

const signatureOrigin = 'http://longshore.invalid';

const blockBytes = 64;

/** The blocks that HMAC puts before the message and before the digest of both, for keys that fit into one. */
type KeyBlocks = { readonly inner: string; readonly outer: Buffer };

/** A master has a key for each of its nodes. */
const mostKeys = 10_000;
const keyBlocks = new Map<string, KeyBlocks>();
const plainKey = /^[ -~]{1,64}$/;

/**
 * HMAC-SHA-256. Text is UTF-8. For keys such as ours and text it is made of two plain digests, which node:crypto computes
 * in a third of the time of its HMAC object. Source: RFC 2104.
 */
export function hmacSha256(key: string | Uint8Array, message: string | Uint8Array): Buffer {
  if (typeof key !== 'string' || typeof message !== 'string' || !plainKey.test(key)) {
    return createHmac('sha256', key).update(message).digest();
  }
  const { inner, outer } = keyBlocks.get(key) ?? rememberKey(key);
  outer.write(hash('sha256', inner + message, 'latin1'), blockBytes, 'latin1');
  return Buffer.from(hash('sha256', outer, 'latin1'), 'latin1');
}

function rememberKey(key: string): KeyBlocks {
  const block = Buffer.alloc(blockBytes);
  block.write(key, 'latin1');
  const blocks = {
    // ASCII again, so that it may stand in a text.
    inner: Buffer.from(block.map((byte) => byte ^ 0x36)).toString('latin1'),
    outer: Buffer.concat([block.map((byte) => byte ^ 0x5c), Buffer.alloc(32)]),
  };
  if (keyBlocks.size >= mostKeys) keyBlocks.clear();
  keyBlocks.set(key, blocks);
  return blocks;
}

const key = '[a-z*][a-z0-9_.*-]*';
const text = String.raw`"(?:[ !#-[\]-~]|\\["\\])*"`;
const integer = '(?:0|-?[1-9][0-9]{0,14})';
const plainName = '"[!#-[\\]-~]+"';

/**
 * One signature has one spelling, the canonical one of RFC 9651: no other spaces, no leading zeros, no repeated label.
 * Of its parameters, only integers and texts are understood.
 */
const inputPattern = new RegExp(
  `^(${key})=\\(((?:${plainName}(?: ${plainName})*)?)\\)((?:;${key}=(?:${integer}|${text}))*)$`,
);
const parameterPattern = new RegExp(`;(${key})=(?:(${integer})|(${text}))`, 'g');
const signaturePattern = new RegExp(`^(${key})=:([A-Za-z0-9+/]+={0,2}):$`);

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
  const own = readOwn(inputField, signatureField);
  if (own !== undefined) return own;
  const [, label, names = '', written = ''] = inputPattern.exec(inputField) ?? [];
  const [, signatureLabel, base64 = ''] = signaturePattern.exec(signatureField) ?? [];
  if (label === undefined || label !== signatureLabel) {
    throw invalid('the signature headers are not one signature in its canonical form');
  }
  const signature = Buffer.from(base64, 'base64');
  // No spare bits in the last letter of base64.
  if (signature.toString('base64') !== base64) throw invalid('the signature is not canonical base64');
  const components = names === '' ? [] : names.split(' ').map((name) => name.slice(1, -1));
  const parameters = parseParameters(written);
  const algorithm = parameters.has('alg') ? textOf(parameters, 'alg') : undefined;
  if (algorithm !== undefined && algorithm !== 'hmac-sha256') throw invalid('"alg" must be hmac-sha256');
  return {
    components,
    keyId: textOf(parameters, 'keyid'),
    createdSeconds: secondsOf(parameters, 'created'),
    expiresSeconds: secondsOf(parameters, 'expires'),
    nonce: textOf(parameters, 'nonce'),
    algorithm,
    signature,
    input: { components, text: inputField.slice(label.length + 1) },
  };
}

const ownSignatures = [requestComponents, responseComponents].map((components) => ({
  components,
  start: `${signatureLabel}=${listOf(components)}`,
}));
const ownParameters =
  /^;created=([1-9][0-9]{0,14});expires=([1-9][0-9]{0,14});nonce="([A-Za-z0-9-]{1,128})";alg="hmac-sha256";keyid="([A-Za-z0-9-]{1,128})"$/;
/** 32 bytes, without spare bits in the last letter. */
const ownBytes = new RegExp(`^${signatureLabel}=:([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=):$`);

/** A signature as our own programs write it, which is read in a fraction of the time; undefined for any other. */
function readOwn(inputField: string, signatureField: string): ParsedSignature | undefined {
  const own = ownSignatures.find(({ start }) => inputField.startsWith(start));
  if (own === undefined) return undefined;
  const { components, start } = own;
  const written = ownParameters.exec(inputField.slice(start.length));
  const base64 = ownBytes.exec(signatureField)?.[1];
  if (written === null || base64 === undefined) return undefined;
  const [, created, expires, nonce = '', keyId = ''] = written;
  return {
    components,
    keyId,
    createdSeconds: Number(created),
    expiresSeconds: Number(expires),
    nonce,
    algorithm: 'hmac-sha256',
    signature: Buffer.from(base64, 'base64'),
    input: { components, text: inputField.slice(signatureLabel.length + 1) },
  };
}

function parseParameters(written: string): Map<string, string | number> {
  const parameters = new Map<string, string | number>();
  for (const [, name = '', number, quoted = ''] of written.matchAll(parameterPattern)) {
    if (parameters.has(name)) throw invalid(`"${name}" is there twice`);
    const value = number === undefined ? quoted.slice(1, -1).replace(/\\(.)/g, '$1') : Number(number);
    parameters.set(name, value);
  }
  return parameters;
}

function textOf(parameters: Parameters, name: string): string {
  const value = parameters.get(name);
  if (typeof value !== 'string' || value === '' || value.length > 128) throw invalid(`"${name}" is missing`);
  return value;
}

function secondsOf(parameters: Parameters, name: string): number {
  const value = parameters.get(name);
  if (typeof value !== 'number') throw invalid(`"${name}" is missing`);
  return value;
}

const invalid = (reason: string): AppError => new AppError('SIGNATURE_INVALID', reason);
