import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** What the site and the person do in one ceremony; each may be wrong. */
export type Ceremony = {
  challenge: string;
  origin: string;
  rpId: string;
  verified?: boolean;
  counter?: number;
};

/** A passkey in software: ES256, attestation "none". Source: WebAuthn level 3, 6.1 and 6.5. */
export function createAuthenticator() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const credentialId = randomBytes(32);
  const id = credentialId.toString('base64url');
  const jwk = publicKey.export({ format: 'jwk' });

  const clientData = (type: string, { challenge, origin }: Ceremony): Buffer =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  const authData = ({ rpId, verified = true, counter = 0 }: Ceremony, attested: Buffer): Buffer => {
    const flags = 1 | (verified ? 4 : 0) | (attested.length > 0 ? 64 : 0);
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.from([flags]), count, attested]);
  };
  const coordinate = (value: string | undefined): Buffer => Buffer.from(value ?? '', 'base64url');
  // CBOR: {1: 2, 3: -7, -1: 1, -2: x, -3: y}
  const coseKey = Buffer.concat([
    Buffer.from('a5010203262001215820', 'hex'),
    coordinate(jwk.x),
    Buffer.from('225820', 'hex'),
    coordinate(jwk.y),
  ]);
  const answer = (response: Record<string, string>) => ({
    id,
    rawId: id,
    type: 'public-key' as const,
    response,
    clientExtensionResults: {},
  });
  return {
    id,
    register: (ceremony: Ceremony) => {
      const length = Buffer.from([0, credentialId.length]);
      const data = authData(ceremony, Buffer.concat([Buffer.alloc(16), length, credentialId, coseKey]));
      // CBOR: {"fmt": "none", "attStmt": {}, "authData": data}
      const attestation = Buffer.concat([
        Buffer.from('a363666d74646e6f6e656761747453746d74a068617574684461746158', 'hex'),
        Buffer.from([data.length]),
        data,
      ]);
      return answer({
        clientDataJSON: clientData('webauthn.create', ceremony).toString('base64url'),
        attestationObject: attestation.toString('base64url'),
      });
    },
    signIn: (ceremony: Ceremony) => {
      const client = clientData('webauthn.get', ceremony);
      const data = authData(ceremony, Buffer.alloc(0));
      const signed = Buffer.concat([data, createHash('sha256').update(client).digest()]);
      return answer({
        clientDataJSON: client.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: sign('sha256', signed, privateKey).toString('base64url'),
      });
    },
  };
}
