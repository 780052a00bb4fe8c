import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentDigest, verifyContentDigest } from './content-digest.ts';

const hello = Buffer.from('{"hello": "world"}');
const vectors = [
  {
    body: '{"hello": "world"}',
    sha256: 'X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=',
    sha512: 'WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==',
  },
  {
    body: '{"hello": "world"}\n',
    sha256: 'RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=',
    sha512: 'YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==',
  },
  {
    body: '',
    sha256: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
    sha512: 'z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==',
  },
];

test.for(vectors)('P1 F1 the digests of RFC 9530 for $body', ({ body, sha256, sha512 }) => {
  const bytes = Buffer.from(body);
  expect(contentDigest(bytes)).toBe(`sha-256=:${sha256}:`);
  expect(() => verifyContentDigest(`sha-256=:${sha256}:`, bytes)).not.toThrow();
  expect(() => verifyContentDigest(`sha-512=:${sha512}:`, bytes)).not.toThrow();
  expect(() => verifyContentDigest(`sha-512=:${sha512}:, sha-256=:${sha256}:`, bytes)).not.toThrow();
  expect(() => verifyContentDigest(`id=:AAAA:, sha-256=:${sha256}:`, bytes)).not.toThrow();
});

const empty = 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:';

test.for([
  ['an upper-case name', empty.replace('sha', 'SHA')],
  ['a token in place of bytes', empty.replaceAll(':', '')],
  ['a text in place of bytes', empty.replaceAll(':', '"')],
  ['only an insecure algorithm', 'md5=:1B2M2Y8AsgTpgAmY7PhCfg==:'],
  ['only an unknown algorithm', 'unknown=:AAAA:'],
  ['a short digest', 'sha-256=:AAAA:'],
  ['no digest at all', ''],
  ['a right and a wrong digest', `${empty}, sha-512=:AAAA:`],
  ['a name of the object prototype', 'constructor=:AAAA:'],
  ['no dictionary', 'sha-256=:'],
])('F1 %s is refused', ([, field]) => {
  expect(() => verifyContentDigest(field ?? '', Buffer.alloc(0))).toThrow(
    expect.objectContaining({ code: 'DIGEST_MISMATCH' }),
  );
});

test('P1 F2 a body with any byte changed, added or lost does not match', () => {
  const field = contentDigest(hello);
  fc.assert(
    fc.property(fc.nat(hello.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = Buffer.from(hello);
      changed.writeUInt8(changed.readUInt8(at) ^ change, at);
      expect(() => verifyContentDigest(field, changed)).toThrow(/18 bytes does not match/);
    }),
  );
  expect(() => verifyContentDigest(field, hello.subarray(1))).toThrow();
  expect(() => verifyContentDigest(field, Buffer.concat([hello, hello]))).toThrow();
});

test('any body matches its own digest', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
      const field = contentDigest(body);
      expect(field).toContain(createHash('sha256').update(body).digest('base64'));
      verifyContentDigest(field, body);
    }),
  );
});
