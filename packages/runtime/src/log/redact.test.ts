import { expect, test } from 'vitest';
import { redactUrls } from './redact.ts';

test.for([
  ['https://ada:pa55@example.com/a.zip?token=t#x failed', 'https://example.com/a.zip failed'],
  ['postgres://longshore:pa55@db:5432/x: refused', 'postgres://db:5432/x: refused'],
  [
    '"http://10.0.0.5:5213/blobs/v1/b?sig=1", then ftp://u@h/x',
    '"http://10.0.0.5:5213/blobs/v1/b", then ftp://h/x',
  ],
  ['http://127.0.0.1:5212: connect ECONNREFUSED', 'http://127.0.0.1:5212: connect ECONNREFUSED'],
  ['mail ada@example.com about /a?b', 'mail ada@example.com about /a?b'],
])('what may be secret in the URLs of a text is taken out: %s', ([text, redacted]) => {
  expect(redactUrls(text ?? '')).toBe(redacted);
});

test.each([
  ['http://', 'a', ''],
  ['', 'http://?', ''],
])('a long text without an end takes a time that grows as it does: %j, then %j', (start, repeated) => {
  const cpuMs = (times: number): number => {
    const text = start + repeated.repeat(times);
    const before = process.cpuUsage();
    redactUrls(text);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  // A hundred times the text would take ten thousand times as long.
  expect(cpuMs(1_000_000)).toBeLessThan(100 * Math.max(cpuMs(10_000), 10));
});
