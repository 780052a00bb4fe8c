import { headers as names } from '../headers.ts';
import { formatProtocolVersion, productVersion, protocolVersion } from '../version.ts';
import { contentDigest } from './content-digest.ts';
import { hmacSha256, requireNormalForm, signatureBase, signatureInput } from './signature-base.ts';
import type { SigningKey } from './signing-key.ts';

/** Components that every request between master and slave covers, in this order. */
export const requestComponents = [
  '@method',
  '@path',
  '@query',
  'content-digest',
  names.version,
  names.protocol,
  names.requestId,
] as const;

/** Components that every answer covers, in this order. `longshore-nonce` repeats the nonce of the request. */
export const responseComponents = [
  '@status',
  'content-digest',
  names.version,
  names.protocol,
  names.clock,
  names.nonce,
] as const;

const label = 'sig';

/**
 * The headers to send with a request: digest, versions, request id and signature. `body` is empty for none. The
 * `nonce` is what the answer must repeat.
 */
export function signRequest(request: {
  key: SigningKey;
  method: string;
  target: string;
  body: Uint8Array;
  requestId: string;
  nowMs: number;
  ttlSeconds: number;
}): { headers: Record<string, string>; nonce: string } {
  requireNormalForm(request);
  const plain = {
    'content-digest': contentDigest(request.body),
    [names.version]: productVersion,
    [names.protocol]: formatProtocolVersion(protocolVersion),
    [names.requestId]: request.requestId,
  };
  const message = { method: request.method, target: request.target, headers: plain };
  const nonce = newNonce();
  return {
    headers: { ...plain, ...sign({ ...request, message, components: requestComponents, nonce }) },
    nonce,
  };
}

/** The headers of an answer to a verified request. Signed with the key that signed the request. */
export function signResponse(response: {
  key: SigningKey;
  status: number;
  body: Uint8Array | string;
  requestNonce: string;
  nowMs: number;
  ttlSeconds: number;
}): Record<string, string> {
  const plain = {
    'content-digest': contentDigest(response.body),
    [names.version]: productVersion,
    [names.protocol]: formatProtocolVersion(protocolVersion),
    [names.clock]: String(Math.round(response.nowMs)),
    [names.nonce]: response.requestNonce,
  };
  const message = { status: response.status, headers: plain };
  return { ...plain, ...sign({ ...response, message, components: responseComponents, nonce: newNonce() }) };
}

/** 122 random bits. */
const newNonce = (): string => crypto.randomUUID();

function sign(options: {
  key: SigningKey;
  message: Parameters<typeof signatureBase>[0];
  components: readonly string[];
  nonce: string;
  nowMs: number;
  ttlSeconds: number;
}): Record<string, string> {
  const createdSeconds = Math.floor(options.nowMs / 1000);
  const parameters = new Map<string, string | number>([
    ['created', createdSeconds],
    ['expires', createdSeconds + options.ttlSeconds],
    ['nonce', options.nonce],
    ['alg', 'hmac-sha256'],
    ['keyid', options.key.keyId],
  ]);
  const input = signatureInput(options.components, parameters);
  const signature = hmacSha256(options.key.secret, signatureBase(options.message, input));
  return {
    'signature-input': `${label}=${input.text}`,
    signature: `${label}=:${signature.toString('base64')}:`,
  };
}
