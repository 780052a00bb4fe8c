import { expect, test } from 'vitest';
import { describeStranger } from './describe-stranger.ts';

const described = (text: string, type = 'text/html', more: Record<string, string> = {}) =>
  describeStranger({ status: 502, headers: { 'content-type': type, ...more }, text });

test('N3: a page without a title is quoted by its first words, and the quote is closed', () => {
  expect(described('<html><body><h1>Access</h1> denied</body></html>')).toBe(
    '502 with an HTML page: "Access denied"',
  );
  expect(described('<html><script>x</script></html>')).toBe('502 with an HTML page without words');
  expect(described('no <b>page', 'text/plain')).toBe('502 with text/plain: "no <b>page"');
  expect(described(' \n')).toBe('502 with an empty body');
});

test('N3: a long text is cut between characters, and shows that it was', () => {
  const family = '👨‍👩‍👧';
  const message = described(`<html><title>${family.repeat(130)}</title>`);
  expect(message).toBe(`502 with an HTML page titled "${family.repeat(120)}…"`);
  expect(described('x'.repeat(5000), 'text/plain')).toBe(`502 with text/plain: "${'x'.repeat(120)}…"`);
});

test('N3: where a redirect leads and who answers are quoted too', () => {
  expect(described('', 'text/html', { location: '/login', server: 'é'.repeat(70) })).toBe(
    `502 by "${'é'.repeat(60)}…", leading to "/login" with an empty body`,
  );
});
