import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { httpbis } from 'http-message-signatures';
import { isInnerList, parseDictionary, serializeList } from 'structured-headers';
import { describe, expect, test } from 'vitest';
import { equalBytes } from './equal-bytes.ts';
import { signRequest } from './sign-message.ts';
import {
  hmacSha256,
  parseSignature,
  requireNormalForm,
  signatureBase,
  signatureInput,
} from './signature-base.ts';
import { requestComponents } from './signed-components.ts';
import { signingKey } from './signing-key.ts';

describe('RFC 9421, appendix B.2.5', () => {
  const secret = Buffer.from(
    'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==',
    'base64',
  );
  const message = {
    method: 'POST',
    target: 'http://example.com/foo?param=Value&Pet=dog',
    headers: {
      host: 'example.com',
      date: 'Tue, 20 Apr 2021 02:07:55 GMT',
      'content-type': 'application/json',
      'content-digest':
        'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:',
      'content-length': '18',
    },
  };
  const input = signatureInput(
    ['date', '@authority', 'content-type'],
    new Map<string, string | number>([
      ['created', 1618884473],
      ['keyid', 'test-shared-secret'],
    ]),
  );

  test('P1 F1 the signature base is the one of the RFC, byte for byte', () => {
    expect(signatureBase(message, input)).toBe(
      '"date": Tue, 20 Apr 2021 02:07:55 GMT\n' +
        '"@authority": example.com\n' +
        '"content-type": application/json\n' +
        '"@signature-params": ("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
    );
  });

  test('P1 F1 the signature is the one of the RFC', () => {
    const base = signatureBase(message, input);
    expect(hmacSha256(secret, base).toString('base64')).toBe('pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=');
  });
});

test.for(['/', '/slave/v1/hello', '/a?x=1&y=%20', '/node/v1/parts/1/attempts/2/sources?cursor=a%2Fb'])(
  'the target %s is in normal form',
  (target) => {
    expect(() => requireNormalForm({ method: 'GET', target })).not.toThrow();
  },
);

test.for([
  '',
  'slave/v1/hello',
  '//slave/v1/hello',
  '//longshore.invalid/slave/v1/hello',
  'http://longshore.invalid/slave/v1/hello',
  '/slave/./v1/hello',
  '/slave/x/../v1/hello',
  '/slave/%2e%2e/v1/hello',
  '/slave\\v1/hello',
  '/slave/v1/hello?',
  '/slave/v1/hello#x',
  '/slave/v1/hello\t',
  '/slave/v1/a b',
  '/slave/v1/ä',
  '/slave/v1/hello?x="',
])('P1 F2 the target %j, which a URL parser would change, is refused', (target) => {
  expect(() => requireNormalForm({ method: 'GET', target })).toThrow(
    expect.objectContaining({ code: 'SIGNATURE_INVALID' }),
  );
});

describe('what a signature must look like', () => {
  const parameters = ';created=1618884473;expires=1618884533;nonce="n";alg="hmac-sha256";keyid="k"';
  const bytes = `:${Buffer.alloc(32, 7).toString('base64')}:`;
  const parse = (input: string, signature = `sig=${bytes}`) =>
    parseSignature({ 'signature-input': input, signature });

  test('the profile is read', () => {
    expect(parse(`sig=("@method" "@path")${parameters}`)).toMatchObject({
      components: ['@method', '@path'],
      keyId: 'k',
      nonce: 'n',
      createdSeconds: 1_618_884_473,
      expiresSeconds: 1_618_884_533,
      algorithm: 'hmac-sha256',
    });
  });

  test.for([
    ['a signature with a parameter', `sig=("@method")${parameters}`, `sig=${bytes};x`],
    ['two labels', `a=("@method")${parameters}, b=("@method")${parameters}`, `a=${bytes}, b=${bytes}`],
    ['two inputs for one signature', `a=("@method")${parameters}, b=("@method")${parameters}`, `a=${bytes}`],
    ['a label that differs', `a=("@method")${parameters}`, `b=${bytes}`],
    ['alg none', `sig=("@method")${parameters.replace('hmac-sha256', 'none')}`],
    ['another algorithm', `sig=("@method")${parameters.replace('hmac-sha256', 'rsa-pss-sha512')}`],
    ['alg as a token', `sig=("@method")${parameters.replace('"hmac-sha256"', 'hmac-sha256')}`],
    ['no created', `sig=("@method")${parameters.replace('created=1618884473', 'tag="x"')}`],
    ['no expires', `sig=("@method")${parameters.replace('expires=1618884533', 'tag="x"')}`],
    ['no nonce', `sig=("@method")${parameters.replace('nonce="n";', '')}`],
    ['an empty nonce', `sig=("@method")${parameters.replace('"n"', '""')}`],
    ['a nonce of 129 letters', `sig=("@method")${parameters.replace('"n"', `"${'n'.repeat(129)}"`)}`],
    ['no keyid', `sig=("@method")${parameters.replace('keyid="k"', 'tag="x"')}`],
    ['a fractional time', `sig=("@method")${parameters.replace('1618884473', '1618884473.5')}`],
    ['a time as text', `sig=("@method")${parameters.replace('1618884473', '"1618884473"')}`],
    ['a component with parameters', `sig=("@query-param";name="x")${parameters}`],
    ['a component of the request in an answer', `sig=("@method";req)${parameters}`],
    ['a component that is a token', `sig=(method)${parameters}`],
    ['no list', `sig="@method"${parameters}`],
    ['a signature that is a text', `sig=("@method")${parameters}`, 'sig="abc"'],
    ['one label twice', `sig=("@method"), sig=("@method")${parameters}`],
    ['one signature twice', `sig=("@method")${parameters}`, `sig=${bytes}, sig=${bytes}`],
    ['a space too many', `sig=("@method"  "@path")${parameters}`],
    ['a leading zero', `sig=("@method")${parameters.replace('=1618884533', '=01618884533')}`],
    ['base64 with spare bits set', `sig=("@method")${parameters}`, 'sig=:AB==:'],
    ['an input that is no dictionary', `sig=("@method`],
    ['a long input', `sig=("@method")${parameters};x="${'x'.repeat(2048)}"`],
    ['a long signature', `sig=("@method")${parameters}`, `sig=:${'AAAA'.repeat(128)}:`],
  ])('F5 %s is refused', ([, input, signature]) => {
    expect(() => parse(input ?? '', signature)).toThrow(
      expect.objectContaining({ code: 'SIGNATURE_INVALID' }),
    );
  });

  test('a message without either header is not signed', () => {
    for (const headers of [{}, { signature: 'x' }, { 'signature-input': 'x' }]) {
      expect(() => parseSignature(headers)).toThrow(expect.objectContaining({ code: 'SIGNATURE_MISSING' }));
    }
  });
});

/** RFC 4231, section 4: all cases. The fifth gives only the first half of its MAC. */
const hmacVectors: readonly [key: Uint8Array | string, data: Uint8Array | string, mac: string][] = [
  [Buffer.alloc(20, 0x0b), 'Hi There', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
  [
    'Jefe',
    'what do ya want for nothing?',
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
  [
    Buffer.alloc(20, 0xaa),
    Buffer.alloc(50, 0xdd),
    '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
  ],
  [
    Buffer.from(Array.from({ length: 25 }, (_, at) => at + 1)),
    Buffer.alloc(50, 0xcd),
    '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
  ],
  [Buffer.alloc(20, 0x0c), 'Test With Truncation', 'a3b6167473100ee06e0c796c2955552b'],
  [
    Buffer.alloc(131, 0xaa),
    'Test Using Larger Than Block-Size Key - Hash Key First',
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
  [
    Buffer.alloc(131, 0xaa),
    'This is a test using a larger than block-size key and a larger than block-size data. ' +
      'The key needs to be hashed before being used by the HMAC algorithm.',
    '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
  ],
];

test.for(hmacVectors.map((vector, at) => [at + 1, vector] as const))(
  'F12 HMAC-SHA-256 as in case %i of RFC 4231',
  ([, [key, data, expected]]) => {
    const mac = hmacSha256(key, data).toString('hex');
    expect(mac).toHaveLength(64);
    expect(mac.slice(0, expected.length)).toBe(expected);
  },
);

test('F12 the 174 vectors of Project Wycheproof for HMAC-SHA-256 get their verdicts', async () => {
  const file = new URL('./testing/hmac-sha256-vectors.txt', import.meta.url);
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => /^(in)?valid /.test(line));
  expect(lines).toHaveLength(174);
  for (const line of lines) {
    const [verdict, ...hex] = line.split(' ');
    const [key, message, mac] = hex.map((digits) => Buffer.from(digits.replace('-', ''), 'hex'));
    if (key === undefined || message === undefined || mac === undefined) throw new Error(line);
    const made = hmacSha256(key, message).subarray(0, mac.length);
    expect(equalBytes(made, mac) ? 'valid' : 'invalid', line).toBe(verdict);
  }
});

test('F12 HMAC-SHA-256 is what RFC 2104 makes of SHA-256, for keys and messages of any length', () => {
  const sha256 = (...parts: Uint8Array[]): Buffer =>
    createHash('sha256').update(Buffer.concat(parts)).digest();
  const byDefinition = (key: Uint8Array, message: Uint8Array): Buffer => {
    const block = Buffer.alloc(64);
    block.set(key.length > 64 ? sha256(key) : key);
    const inner = sha256(
      block.map((byte) => byte ^ 0x36),
      message,
    );
    return sha256(
      block.map((byte) => byte ^ 0x5c),
      inner,
    );
  };
  const bytes = fc.uint8Array({ maxLength: 200 });
  fc.assert(
    fc.property(bytes, bytes, (key, message) => {
      expect(hmacSha256(key, message)).toEqual(byDefinition(key, message));
    }),
    { numRuns: 1_000 },
  );
  const text = fc.string({ unit: 'grapheme' });
  fc.assert(
    fc.property(text, text, (key, message) => {
      expect(hmacSha256(key, message)).toEqual(byDefinition(Buffer.from(key), Buffer.from(message)));
    }),
  );
});

describe('general libraries agree', () => {
  const name = fc.stringMatching(/^[a-z*][a-z0-9_.*-]{0,8}$/);
  const component = fc.constantFrom('@method', '@path', '@query', 'content-digest', 'longshore-version', 'x');
  const value = fc.oneof(
    fc.integer(),
    fc.string({ unit: fc.constantFrom('a', ' ', '"', '\\', ';', '~'), maxLength: 9 }),
  );
  const input = fc.record({
    components: fc.uniqueArray(component, { minLength: 1 }),
    parameters: fc
      .uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 6 })
      .map((entries) => new Map(entries)),
  });
  const message = {
    method: 'POST',
    target: '/slave/v1/attempts?x=1&y=%20',
    headers: { 'content-digest': 'sha-256=:AAAA:', 'longshore-version': ' 0.1.0 ', x: '' },
  };

  test('P1 about the base of any signature', () => {
    fc.assert(
      fc.property(input, ({ components, parameters }) => {
        const list = serializeList([[components.map((one) => [one, new Map()]), parameters]]);
        const lines = httpbis.createSignatureBase(
          { fields: components },
          { ...message, url: `http://longshore.invalid${message.target}` },
        );
        lines.push(['"@signature-params"', [list]]);
        expect(signatureBase(message, signatureInput(components, parameters))).toBe(
          httpbis.formatSignatureBase(lines),
        );
      }),
    );
  });

  test('F5 what is read is what they read, and nothing that they write otherwise', () => {
    const required = ';created=1;expires=2;nonce="n";keyid="k"';
    const noise = fc.string({
      unit: fc.constantFrom('"', '(', ')', ';', '=', ' ', ',', 'a', '1', '-', '0', '.'),
      maxLength: 6,
    });
    const bytes = Buffer.alloc(32, 7).toString('base64');
    fc.assert(
      fc.property(input, noise, fc.nat(80), (one, inserted, at) => {
        const plain = `sig=${signatureInput(one.components, one.parameters).text}${required}`;
        const field = plain.slice(0, at) + inserted + plain.slice(at);
        const read = attempt(() => parseSignature({ 'signature-input': field, signature: `sig=:${bytes}:` }));
        const theirs = attempt(() => parseDictionary(field).get('sig'));
        if (read === undefined) return;
        if (theirs === undefined || !isInnerList(theirs)) throw new Error(`only we read ${field}`);
        expect(`sig=${serializeList([theirs])}`).toBe(field);
        expect(read.components).toEqual(theirs[0].map(([component]) => component));
        const { keyId: keyid, createdSeconds: created, expiresSeconds: expires, nonce } = read;
        expect(Object.fromEntries(theirs[1])).toMatchObject({ keyid, created, expires, nonce });
      }),
      { numRuns: 2000 },
    );
  });
});

test('F5 what our own programs write is read as it is, and with any letter changed as the general libraries read it', () => {
  const key = signingKey('0123456789abcdef');
  const { headers } = signRequest({
    key,
    method: 'POST',
    target: '/node/v1/reports',
    body: Buffer.from('{}'),
    requestId: 'r',
    nowMs: 1_700_000_000_000,
    ttlSeconds: 60,
  });
  const [input = '', signature = ''] = [headers['signature-input'], headers.signature];
  expect(parseSignature(headers)).toMatchObject({
    components: requestComponents,
    keyId: key.keyId,
    createdSeconds: 1_700_000_000,
    expiresSeconds: 1_700_000_060,
    signature: Buffer.from(signature.slice(5, -1), 'base64'),
    input: { text: input.slice(4) },
  });
  // Of the last letter only four bits are used.
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const spare = letters[letters.indexOf(signature.at(-3) ?? '') + 1] ?? '';
  const respelt = { ...headers, signature: `${signature.slice(0, -3)}${spare}=:` };
  expect(() => parseSignature(respelt)).toThrow(expect.objectContaining({ code: 'SIGNATURE_INVALID' }));
  const letter = fc.constantFrom(...'0-"AB;=+/ \\~)é');
  const change = (text: string, at: number, by: string) => text.slice(0, at) + by + text.slice(at + 1);
  fc.assert(
    fc.property(fc.nat(input.length), letter, fc.nat(signature.length), letter, (at, one, place, other) => {
      const changed = {
        'signature-input': change(input, at, one),
        signature: change(signature, place, other),
      };
      for (const fields of [
        changed,
        { ...changed, signature },
        { 'signature-input': input, signature: changed.signature },
      ]) {
        const read = attempt(() => parseSignature(fields));
        if (read === undefined) continue;
        const theirs = parseDictionary(fields['signature-input'] ?? '')
          .entries()
          .next().value?.[1];
        if (theirs === undefined || !isInnerList(theirs)) throw new Error('only we read it');
        const { keyId: keyid, createdSeconds: created, expiresSeconds: expires, nonce } = read;
        expect(Object.fromEntries(theirs[1])).toMatchObject({ keyid, created, expires, nonce });
        expect(read.components).toEqual(theirs[0].map(([component]) => component));
        expect(fields.signature).toContain(`=:${Buffer.from(read.signature).toString('base64')}:`);
      }
    }),
    { numRuns: 500 },
  );
});

function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
