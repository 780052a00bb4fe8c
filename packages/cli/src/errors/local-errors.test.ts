import { describe, expect, test } from 'vitest';
import { exitCodeOf } from './local-errors.ts';

describe('exit codes', () => {
  test.each([
    ['BAD_REQUEST', 2],
    ['PATH_INVALID', 2],
    ['USAGE', 2],
    ['UNAUTHENTICATED', 3],
    ['FORBIDDEN', 3],
    ['RATE_LIMITED', 3],
    ['UNAVAILABLE', 3],
    ['MASTER_UNREACHABLE', 3],
    ['PATH_NOT_FOUND', 1],
    ['PATH_EXISTS', 1],
    ['QUOTA_EXCEEDED', 1],
    ['NO_NODE', 1],
    ['INTERNAL', 1],
    ['INTERRUPTED', 130],
  ])('%s is %i', (code, exitCode) => {
    expect(exitCodeOf(code)).toBe(exitCode);
  });

  test('a code of a newer master is judged by its status', () => {
    expect(exitCodeOf('MOON_PHASE', 403)).toBe(3);
    expect(exitCodeOf('MOON_PHASE', 400)).toBe(2);
    expect(exitCodeOf('MOON_PHASE', 409)).toBe(1);
  });
});
