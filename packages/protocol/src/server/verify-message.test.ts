import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../errors/app-error.ts';
import { headers as names } from '../headers.ts';
import { formatProtocolVersion, productVersion, protocolVersion } from '../version.ts';
import { verifyContentDigest } from './content-digest.ts';
import { signRequest, signResponse } from './sign-message.ts';
import { hmacSha256, parseSignature, signatureBase } from './signature-base.ts';
import { signingKey } from './signing-key.ts';
import { type NonceStore, verifyRequest, verifyResponse } from './verify-message.ts';

const key = signingKey('a secret between one master and one slave, sixty-four letters long');
const nowMs = 1_800_000_000_250;
const maxSkewMs = 60_000;
const body = Buffer.from('{"attempts":[]}');
const target = '/slave/v1/attempts?dry=1&x=%20';

type Message = { method: string; target: string; headers: Record<string, string>; body: Buffer };
let remembered = new Set<string>();
const nonces: NonceStore = {
  remember: (keyId, nonce) => {
    const known = remembered.has(`${keyId} ${nonce}`);
    remembered.add(`${keyId} ${nonce}`);
    return known ? 'seen' : 'new';
  },
};
beforeEach(() => {
  remembered = new Set();
});

function message(changes: { nowMs?: number; ttlSeconds?: number; requestId?: string } = {}): Message {
  const request = { key, method: 'POST', target, body, requestId: 'r-1', nowMs, ttlSeconds: 60, ...changes };
  return { method: 'POST', target, body, headers: signRequest(request).headers };
}

/** What a receiver does: headers first, then the body against its digest. */
async function receive(received: Message, at = nowMs, store: NonceStore = nonces) {
  const verified = await verifyRequest({
    request: received,
    role: 'slave',
    findKey: (keyId) => (keyId === key.keyId ? key : undefined),
    nonces: store,
    nowMs: at,
    maxSkewMs,
  });
  verifyContentDigest(verified.contentDigest, received.body);
  return verified;
}

async function refusal(received: Message, at?: number): Promise<AppError> {
  const error: unknown = await receive(received, at).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AppError)) throw new Error(`not refused: ${String(error)}`);
  return error;
}

/** Replaces the parameters of the signature and signs again with the right secret, as only an insider could. */
function resigned(change: (input: string) => string, base?: (input: string) => string): Message {
  const signed = message();
  const input = change(signed.headers['signature-input'] ?? '');
  const params = input.slice('sig='.length);
  const values: Record<string, string> = {
    '@method': 'POST',
    '@path': '/slave/v1/attempts',
    '@query': '?dry=1&x=%20',
    ...signed.headers,
  };
  const components = [...(/\(([^)]*)\)/.exec(params)?.[1] ?? '').matchAll(/"([^"]+)"/g)].map(
    (match) => match[1] ?? '',
  );
  const lines = components.map((name) => `"${name}": ${values[name]}`);
  const text = base?.(params) ?? [...lines, `"@signature-params": ${params}`].join('\n');
  const signature = `sig=:${hmacSha256(key.secret, text).toString('base64')}:`;
  return { ...signed, headers: { ...signed.headers, 'signature-input': input, signature } };
}

test('P1 an unchanged request is accepted, with what its sender said', async () => {
  const verified = await receive(message());
  expect(verified).toMatchObject({ key, requestId: 'r-1', minor: protocolVersion.minor, skewMs: -250 });
  expect((await receive(resigned((input) => input))).nonce).not.toBe('');
});

describe('P1 F2 any change on the way is refused', () => {
  const changedText = (text: string, at: number, replacement: string): string =>
    text.slice(0, at) + replacement + text.slice(at + 1);
  const printable = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
  const bytes = fc.record({ at: fc.nat(), replacement: printable });

  test.for(['method', 'target'] as const)('of the %s', async (part) => {
    await fc.assert(
      fc.asyncProperty(bytes, async ({ at, replacement }) => {
        const original = message();
        const changed = changedText(original[part], at % original[part].length, replacement);
        fc.pre(changed !== original[part]);
        const { code } = await refusal({ ...original, [part]: changed });
        expect(code).toBe('SIGNATURE_INVALID');
      }),
      { numRuns: 400 },
    );
  });

  const signedHeaders = Object.keys(message().headers);
  test.for(signedHeaders)('of the header %s', async (name) => {
    await fc.assert(
      fc.asyncProperty(bytes, async ({ at, replacement }) => {
        const original = message();
        const value = original.headers[name] ?? '';
        const changed = changedText(value, at % value.length, replacement);
        fc.pre(changed !== value);
        const { status } = await refusal({ ...original, headers: { ...original.headers, [name]: changed } });
        expect([400, 401, 426]).toContain(status);
      }),
      { numRuns: 400 },
    );
  });

  test.for(signedHeaders)('by dropping the header %s', async (name) => {
    const original = message();
    const { [name]: _dropped, ...rest } = original.headers;
    expect([401, 426]).toContain((await refusal({ ...original, headers: rest })).status);
  });

  test('of the body', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const changed = Buffer.from(body);
        changed.writeUInt8(changed.readUInt8(at) ^ change, at);
        expect((await refusal({ ...message(), body: changed })).code).toBe('DIGEST_MISMATCH');
      }),
    );
  });

  test('by adding to the target or the query', async () => {
    for (const changed of [
      `${target}&y=1`,
      `${target}#`,
      `/${target}`,
      target.replace('?', '/?'),
      '/slave/v1/attempts',
    ]) {
      expect((await refusal({ ...message(), target: changed })).code, changed).toBe('SIGNATURE_INVALID');
    }
  });

  test('by repeating a header with another value', async () => {
    const original = message();
    for (const name of signedHeaders) {
      const repeated = {
        ...original.headers,
        [name]: `${original.headers[name]}, ${original.headers[name]}`,
      };
      expect([401, 426], name).toContain((await refusal({ ...original, headers: repeated })).status);
    }
  });
});

test('P2 F3 a request that comes again is refused', async () => {
  const sent = message();
  await receive(sent);
  expect((await refusal(sent)).code).toBe('REPLAYED');
});

test('P2 F3 a nonce is remembered for as long as its request could be accepted', async () => {
  const sent = message({ ttlSeconds: 60 });
  let rememberedUntilMs = 0;
  await receive(sent, nowMs, {
    remember: (_key, _nonce, untilMs) => {
      rememberedUntilMs = untilMs;
      return 'new';
    },
  });
  for (let at = nowMs; ; at += 1000) {
    const accepted = await receive(sent, at, { remember: () => 'new' }).then(
      () => true,
      () => false,
    );
    if (!accepted) break;
    expect(at).toBeLessThan(rememberedUntilMs);
  }
});

test('E3 F3 where nonces of its time are no longer known, a request is refused as one of another time', async () => {
  const error = await receive(message(), nowMs, { remember: () => 'forgotten' }).catch((thrown) => thrown);
  expect(error).toMatchObject({ code: 'CLOCK_SKEW', message: expect.stringContaining('set back') });
});

test('P2 a nonce is not used up by a request that is refused', async () => {
  const sent = message();
  await refusal({ ...sent, method: 'GET' });
  await receive(sent);
});

describe('P3 F4 clocks', () => {
  test.for([0, 59_000, -59_000])(
    'a clock that is %i ms off is accepted, and the difference is told',
    async (offMs) => {
      const { skewMs } = await receive(message({ nowMs: nowMs + offMs }));
      expect(Math.abs(skewMs - offMs)).toBeLessThanOrEqual(1000);
    },
  );

  test.for([
    [600_000, /599750 ms ahead of ours; at most 60000 ms/],
    [-600_000, /600250 ms behind ours; at most 60000 ms/],
    [62_000, /61750 ms ahead/],
    [-62_000, /62250 ms behind/],
  ] as const)('a clock that is %i ms off is refused, with both clocks', async ([offMs, text]) => {
    const error = await refusal(message({ nowMs: nowMs + offMs }));
    expect(error.code).toBe('CLOCK_SKEW');
    expect(error.message).toMatch(text);
    expect(error.details.ourClockMs).toBe(nowMs);
    expect(error.details.callerClockMs).toBe(Math.floor((nowMs + offMs) / 1000) * 1000);
  });

  test('a request that was held back longer than its signature lasts is refused', async () => {
    const held = message({ ttlSeconds: 5 });
    const error = await refusal(held, nowMs + 8000);
    expect(error.code).toBe('SIGNATURE_EXPIRED');
    expect(error.message).toBe('the signature was valid for 5 s and ended 4 s ago');
    await receive(held, nowMs + 4000);
    expect((await refusal(message({ ttlSeconds: 300 }), nowMs + 66_000)).code).toBe('CLOCK_SKEW');
  });

  test.for([
    [
      'of a hundred years',
      (input: string) => input.replace(/expires=\d+/, `expires=${1_800_000_000 + 3_155_760_000}`),
    ],
    ['of 301 seconds', (input: string) => input.replace(/expires=\d+/, `expires=${1_800_000_301}`)],
    ['of no time', (input: string) => input.replace(/expires=\d+/, 'expires=1800000000')],
    ['that ends before it begins', (input: string) => input.replace(/expires=\d+/, 'expires=1799999000')],
  ] as const)('a signature with a window %s is refused although it is right', async ([, change]) => {
    expect((await refusal(resigned(change))).message).toBe('a signature must be valid for 1 to 300 s');
  });
});

describe('F5 downgrades', () => {
  const required = [
    '@method',
    '@path',
    '@query',
    'content-digest',
    ...[names.version, names.protocol, names.requestId],
  ];

  test.for(required)('a right signature that does not cover %s is refused', async (component) => {
    const error = await refusal(
      resigned((input) => input.replace(` "${component}"`, '').replace(`"${component}" `, '')),
    );
    expect(error.message).toBe(`the signature does not cover ${component}`);
  });

  test('a right signature that covers something else in place of a required component is refused', async () => {
    for (const other of ['"host"', '"@method"', '"content-type"']) {
      const error = await refusal(resigned((input) => input.replace('"@path"', other)));
      expect(error.message).toBe('the signature does not cover @path');
    }
  });

  test('a right signature that covers nothing, more, or one thing twice is refused', async () => {
    expect((await refusal(resigned((input) => input.replace(/\([^)]*\)/, '()')))).message).toContain(
      'does not cover',
    );
    for (const more of ['"host")', '"@method")']) {
      const error = await refusal(resigned((input) => input.replace(')', ` ${more}`)));
      expect(error.message).toBe('the signature covers more than the profile allows');
    }
  });

  test('the secret is no key of another algorithm', async () => {
    for (const alg of ['none', 'hmac-sha512', 'ed25519', 'rsa-v1_5-sha256']) {
      const error = await refusal(resigned((input) => input.replace('hmac-sha256', alg)));
      expect(error.message).toBe('"alg" must be hmac-sha256');
    }
    expect((await receive(resigned((input) => input.replace(';alg="hmac-sha256"', '')))).key).toBe(key);
  });

  test('an unknown key is named and nothing is remembered', async () => {
    const error = await refusal(resigned((input) => input.replace(key.keyId, '0123456789abcdef')));
    expect(error.code).toBe('KEY_UNKNOWN');
    expect(error.message).toBe('no key "0123456789abcdef" is known here');
    expect(remembered.size).toBe(0);
  });

  test('a signature by the secret of another node is refused', async () => {
    const other = signingKey('the secret of another node');
    const request = {
      key: { ...other, keyId: key.keyId },
      method: 'POST',
      target,
      body,
      requestId: 'r',
      nowMs,
      ttlSeconds: 60,
    };
    const error = await refusal({ method: 'POST', target, body, headers: signRequest(request).headers });
    expect(error.message).toBe('the signature does not match the message and the secret');
  });
});

describe('P4 versions', () => {
  const withVersion = (protocol: string | undefined): Message => {
    const original = message();
    const { [names.protocol]: _dropped, ...rest } = original.headers;
    return { ...original, headers: protocol === undefined ? rest : { ...rest, [names.protocol]: protocol } };
  };

  test('another major version is refused before anything else, naming both', async () => {
    const error = await refusal(withVersion('2.0'));
    expect(error.code).toBe('VERSION_MISMATCH');
    expect(error.status).toBe(426);
    expect(error.message).toBe(
      `Master: 2.0 (Longshore ${productVersion}), Slave: ${formatProtocolVersion(protocolVersion)} (Longshore ${productVersion})`,
    );
  });

  test.for([undefined, '', '1', '1.0.0', 'one', '1.x', '00001.0', '-1.0'])(
    'the version %j is refused',
    async (protocol) => {
      expect((await refusal(withVersion(protocol))).code).toBe('VERSION_MISMATCH');
    },
  );
});

describe('answers', () => {
  const nonce = 'the nonce of the request';
  const answer = Buffer.from('{"ok":true}');
  const respond = (changes: { requestNonce?: string; status?: number } = {}) => ({
    status: 200,
    headers: signResponse({
      key,
      status: 200,
      body: answer,
      requestNonce: nonce,
      nowMs: nowMs + 1500,
      ttlSeconds: 60,
      ...changes,
    }),
  });
  const read = (response: { status: number; headers: Record<string, string> }) =>
    verifyResponse({ response, key, requestNonce: nonce, nowMs });

  test('P1 an answer is accepted, and tells the clock of its sender', () => {
    const { skewMs, contentDigest } = read(respond());
    expect(skewMs).toBe(1500);
    expect(() => verifyContentDigest(contentDigest, answer)).not.toThrow();
  });

  test('P1 an answer to another request is refused although it is right', () => {
    expect(() => read(respond({ requestNonce: 'another nonce' }))).toThrow(
      'the answer belongs to another request',
    );
  });

  test('P1 an answer signed with another key is refused', () => {
    const response = respond();
    const other = signingKey('the secret of another node');
    expect(() => verifyResponse({ response, key: other, requestNonce: nonce, nowMs })).toThrow(
      'with another key',
    );
    const forged = { ...other, keyId: key.keyId };
    expect(() => verifyResponse({ response, key: forged, requestNonce: nonce, nowMs })).toThrow(
      'does not match',
    );
  });

  test('P1 F2 any byte of the status or of a header that is changed is noticed', () => {
    const original = respond();
    expect(() => read({ ...original, status: 201 })).toThrow(AppError);
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(original.headers)),
        fc.nat(),
        fc.integer({ min: 0x21, max: 0x7e }),
        (name, at, code) => {
          const value = original.headers[name] ?? '';
          const index = at % value.length;
          const changed = value.slice(0, index) + String.fromCharCode(code) + value.slice(index + 1);
          fc.pre(changed !== value);
          expect(() => read({ ...original, headers: { ...original.headers, [name]: changed } })).toThrow(
            AppError,
          );
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('an answer whose clock is no time is refused although it is right', () => {
    const { headers } = respond();
    const changed = { ...headers, [names.clock]: 'soon' };
    const { input } = parseSignature(headers);
    const mac = hmacSha256(key.secret, signatureBase({ status: 200, headers: changed }, input));
    const signature = `sig=:${mac.toString('base64')}:`;
    expect(() => read({ status: 200, headers: { ...changed, signature } })).toThrow('is not a number');
  });

  test('a signed request is no answer', () => {
    expect(() => read({ status: 200, headers: message().headers })).toThrow(/does not cover @status/);
  });
});
