import { headers as names } from '../headers.ts';
import { formatProtocolVersion, productVersion, protocolVersion } from '../version.ts';
import { contentDigest } from './content-digest.ts';
import { componentList, hmacSha256, requireNormalForm, signatureBase } from './signature-base.ts';
import { requestComponents, responseComponents, signatureLabel } from './signed-components.ts';
import type { SigningKey } from './signing-key.ts';

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
    [names.protocol]: ownProtocol,
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
    [names.protocol]: ownProtocol,
    [names.clock]: String(Math.round(response.nowMs)),
    [names.nonce]: response.requestNonce,
  };
  const message = { status: response.status, headers: plain };
  return { ...plain, ...sign({ ...response, message, components: responseComponents, nonce: newNonce() }) };
}

const ownProtocol = formatProtocolVersion(protocolVersion);

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
  const { components } = options;
  // Neither a nonce nor the id of a key has a character that is written otherwise.
  const parameters =
    `;created=${createdSeconds};expires=${createdSeconds + options.ttlSeconds}` +
    `;nonce="${options.nonce}";alg="hmac-sha256";keyid="${options.key.keyId}"`;
  const input = { components, text: componentList(components) + parameters };
  const signature = hmacSha256(options.key.secret, signatureBase(options.message, input));
  return {
    'signature-input': `${signatureLabel}=${input.text}`,
    signature: `${signatureLabel}=:${signature.toString('base64')}:`,
  };
}
