import { createHmac } from 'node:crypto';
import { AppError } from '../errors/app-error.ts';
import type { SignedRequestParts, SignedResponseParts } from './http-message.ts';

type Message = SignedRequestParts | SignedResponseParts;

/** What a signature covers, and the same with what it says of itself, as it stands in its Signature-Input field. */
export type SignatureInput = { readonly components: readonly string[]; readonly text: string };

type Parameters = ReadonlyMap<string, string | number>;

/** What one Signature-Input / Signature pair says, before anything of it is believed. */
export type ParsedSignature = {
  readonly components: readonly string[];
  readonly parameters: Parameters;
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

/** The inner list of a Signature-Input field. Source: RFC 9651, section 4.1.1. */
export function signatureInput(components: readonly string[], parameters: Parameters): SignatureInput {
  let text = `(${components.map((name) => `"${name}"`).join(' ')})`;
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
  const url = URL.parse(target, signatureOrigin);
  const isNormal = url?.origin === signatureOrigin && url.pathname + url.search === target;
  if (!isNormal || method !== method.toUpperCase()) {
    throw invalid('the method and the target of the request are not in their normal form');
  }
}

const signatureOrigin = 'http://longshore.invalid';

/** The HMAC of node:crypto. Text is UTF-8. */
export const hmacSha256 = (key: string | Uint8Array, message: string | Uint8Array): Buffer =>
  createHmac('sha256', key).update(message).digest();

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
    parameters,
    keyId: textOf(parameters, 'keyid'),
    createdSeconds: secondsOf(parameters, 'created'),
    expiresSeconds: secondsOf(parameters, 'expires'),
    nonce: textOf(parameters, 'nonce'),
    algorithm,
    signature,
    input: { components, text: inputField.slice(label.length + 1) },
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
