import { expect, test } from 'vitest';
import { onStopSignals } from './stop-signals.ts';

test('one Ctrl+C that arrives twice stops once, a later one stops at once', () => {
  let nowMs = 0;
  const heard: string[] = [];
  const off = onStopSignals({
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    stop: (signal) => heard.push(`stop ${signal}`),
    stopNow: (signal) => heard.push(`now ${signal}`),
  });
  process.emit('SIGINT', 'SIGINT');
  nowMs = 5;
  process.emit('SIGINT', 'SIGINT');
  expect(heard).toEqual(['stop SIGINT']);
  nowMs = 3000;
  process.emit('SIGTERM', 'SIGTERM');
  expect(heard).toEqual(['stop SIGINT', 'now SIGTERM']);
  off();
  expect(process.listeners('SIGTERM').length).toBe(0);
});
