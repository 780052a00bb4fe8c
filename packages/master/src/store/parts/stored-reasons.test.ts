import { expect, test } from 'vitest';
import { readPlacement, readWaiting } from './stored-reasons.ts';

test('what was stored as data is told as a line, and as data', () => {
  const waiting = { kind: 'tasks-at-once', most: 2 } as const;
  expect(readWaiting(JSON.stringify(waiting))).toEqual({
    waitingFor: 'your group runs at most 2 of your tasks at once',
    waiting,
  });
  const placement = {
    turnAmong: { named: [{ node: 'anna', weight: 3 }], more: 2 },
    hasFiles: true,
    isProbe: true,
    passedOver: {
      named: [{ node: 'berta', obstacle: { kind: 'unreachable', code: 'NODE_TIMEOUT' } }],
      more: 0,
    },
  } as const;
  expect(readPlacement(JSON.stringify(placement))).toEqual({
    reason:
      'its turn among anna 3 and 2 more, and it has the files at hand; tries whether it can leave quarantine; passed over berta: unreachable, NODE_TIMEOUT',
    placement,
  });
});

test('a line of a version before stays what it is', () => {
  expect(readPlacement('its turn among a 1')).toEqual({ reason: 'its turn among a 1', placement: null });
  expect(readWaiting('no node can take it')).toEqual({ waitingFor: 'no node can take it', waiting: null });
  expect(readWaiting(null)).toEqual({ waitingFor: null, waiting: null });
});
