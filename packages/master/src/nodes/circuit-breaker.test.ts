import { AppError, type ErrorCode, toErrorInfo } from '@longshore/protocol';
import { describe, expect, it } from 'vitest';
import { type Breaker, countsAgainstNode, nextBreaker, trusted } from './circuit-breaker.ts';

const minuteMs = 60_000;
const fault = toErrorInfo(new AppError('NO_SPACE', 'the disk is full'));
const failed = (partId: string) => ({ partId, fault });
const done = (partId: string) => ({ partId, fault: null });

const after = (breaker: Breaker, outcomes: { partId: string; fault: typeof fault | null }[], nowMs = 0) =>
  outcomes.reduce((present, outcome) => nextBreaker(present, outcome, nowMs), breaker);

const quarantined = after(trusted, [failed('a'), failed('b'), failed('c')], 1_000);
const probing = (breaker: Breaker, probePartId: string): Breaker => ({
  ...breaker,
  quarantine: breaker.quarantine && { ...breaker.quarantine, probePartId },
});

describe('N7 a node', () => {
  it('that fails three parts in a row is quarantined, with the last reason', () => {
    expect(quarantined.quarantine).toEqual({
      reason: fault,
      sinceMs: 1_000,
      probeAtMs: 1_000 + minuteMs,
      pauseMs: minuteMs,
      probePartId: null,
    });
  });

  it.each([
    ['two faults', [failed('a'), failed('b')]],
    ['a success in between', [failed('a'), failed('b'), done('c'), failed('d'), failed('e')]],
  ])('stays in service after %s', (_why, outcomes) => {
    expect(after(trusted, outcomes).quarantine).toBeNull();
  });

  it('is released by any success', () => {
    expect(after(quarantined, [done('held before')])).toEqual(trusted);
    expect(after(probing(quarantined, 'p'), [done('p')])).toEqual(trusted);
  });

  it('waits twice as long after each failed probe, half an hour at most', () => {
    let breaker = quarantined;
    const pauses: number[] = [];
    for (let probe = 1; probe <= 7; probe += 1) {
      breaker = nextBreaker(probing(breaker, `p${probe}`), failed(`p${probe}`), 5_000);
      pauses.push((breaker.quarantine?.probeAtMs ?? 0) - 5_000);
      expect(breaker.quarantine).toMatchObject({ sinceMs: 1_000, probePartId: null });
    }
    expect(pauses.map((pause) => pause / minuteMs)).toEqual([2, 4, 8, 16, 30, 30, 30]);
  });

  it('is not probed later because of parts that it was given before', () => {
    expect(after(quarantined, [failed('d'), failed('e')], 9_000).quarantine).toEqual(quarantined.quarantine);
  });
});

it.each([
  ['NO_SPACE', true],
  ['STORAGE_FAILED', true],
  ['TRANSFER_FAILED', true],
  ['ARCHIVE_CORRUPT', false],
  ['NO_NODE', false],
  ['LEASE_LOST', false],
  ['SHUTTING_DOWN', false],
  ['TASK_TIMEOUT', false],
  ['BLOB_NOT_FOUND', false],
] as const)('N7 %s counts against the node: %s', (code: ErrorCode, counts) => {
  expect(countsAgainstNode(toErrorInfo(new AppError(code, 'x')))).toBe(counts);
});
