import { expect, test } from 'vitest';
import { readEvent, tryBegan, tryFailed } from './attempt-event.ts';

test('a line of the timeline is read back as what it was made of', () => {
  expect(readEvent(tryBegan(3))).toEqual({ event: 'try 3', kind: 'try', try: 3, delaySeconds: null });
  expect(readEvent(tryFailed(12, 4_600))).toEqual({
    event: 'try 12 failed, next in 5 s',
    kind: 'try-failed',
    try: 12,
    delaySeconds: 5,
  });
  expect(readEvent('lost')).toEqual({ event: 'lost', kind: 'lost', try: null, delaySeconds: null });
});
