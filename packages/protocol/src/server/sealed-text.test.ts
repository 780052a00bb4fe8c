import { describe, expect, test } from 'vitest';
import { sealText, unsealText } from './sealed-text.ts';
import { signingKey } from './signing-key.ts';

const seal = { key: signingKey('a-secret-for-tests-only-0123456789'), purpose: 'attempt a 1' };
const refused = expect.objectContaining({ code: 'BAD_REQUEST' });

describe('a sealed text', () => {
  test.for(['', 'pa55', 'пароль 密码 🗝', 'x'.repeat(1024)])(
    'opens for whoever has the secret: %j',
    (text) => {
      expect(unsealText(seal, sealText(seal, text))).toBe(text);
    },
  );

  test('looks different every time', () => {
    expect(sealText(seal, 'same')).not.toBe(sealText(seal, 'same'));
  });

  test('opens with no other secret and for no other purpose', () => {
    const sealed = sealText(seal, 'pa55');
    expect(() => unsealText({ ...seal, key: signingKey('another-secret-for-tests') }, sealed)).toThrow(
      refused,
    );
    expect(() => unsealText({ ...seal, purpose: 'attempt a 2' }, sealed)).toThrow(refused);
  });

  test.for(['', 'AAAA', 'no base64 at all!'])('that is none is refused: %j', (text) => {
    expect(() => unsealText(seal, text)).toThrow(refused);
  });

  test('that was changed in any byte is refused', () => {
    const bytes = Buffer.from(sealText(seal, 'pa55'), 'base64url');
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => unsealText(seal, changed.toString('base64url'))).toThrow(refused);
    }
  });
});
