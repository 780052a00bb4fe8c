import { expect, it } from 'vitest';
import { matchingStep, otpauthUri, toBase32, totpCode } from './one-time-code.ts';

const secret = Buffer.from('12345678901234567890');

// RFC 6238, appendix B, its eight digits cut to the last six.
it.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
])('the code of the RFC at second %d is %s', (second, code) => {
  expect(totpCode(secret, Math.floor(second / 30))).toBe(code);
  expect(matchingStep(secret, code, second * 1000)).toBe(Math.floor(second / 30));
});

it('a code is good one step before and after its own, and no longer', () => {
  const step = 50_000_000;
  const code = totpCode(secret, step);
  const at = (steps: number): number | undefined => matchingStep(secret, code, (step + steps) * 30_000);
  expect([at(-2), at(-1), at(0), at(1), at(2)]).toEqual([undefined, step, step, step, undefined]);
});

// RFC 4648, 10.
it.each([
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foo', 'MZXW6'],
  ['foob', 'MZXW6YQ'],
  ['fooba', 'MZXW6YTB'],
  ['foobar', 'MZXW6YTBOI'],
])('"%s" in base32 is %s', (text, encoded) => {
  expect(toBase32(Buffer.from(text))).toBe(encoded);
});

it('the URI names site and user, whatever is in them', () => {
  const uri = new URL(otpauthUri({ secret: 'ABC', userName: 'a@b', site: 'files.example:5212' }));
  expect(uri.protocol).toBe('otpauth:');
  expect(decodeURIComponent(uri.pathname)).toContain('Longshore files.example:5212:a@b');
  expect(Object.fromEntries(uri.searchParams)).toEqual({
    secret: 'ABC',
    issuer: 'Longshore files.example:5212',
  });
});
