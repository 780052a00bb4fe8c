import { describe, expect, it } from 'vitest';
import { emptyProgress, sumProgress } from './sum-progress.ts';

const working = { phase: 'working', bytesDone: 10, bytesTotal: 40, entriesDone: 1, entriesTotal: 2 } as const;

describe('T2 progress of a task', () => {
  it('is planning while there are no parts', () => {
    expect(sumProgress([]).phase).toBe('planning');
  });

  it('adds up what the parts have done', () => {
    expect(sumProgress([working, working])).toEqual({
      phase: 'working',
      bytesDone: 20,
      bytesTotal: 80,
      entriesDone: 2,
      entriesTotal: 4,
    });
  });

  it('has no total while one part does not know its own', () => {
    expect(sumProgress([working, emptyProgress]).bytesTotal).toBeNull();
  });

  it('shows the phase of the part at work, not of those that wait or are done', () => {
    expect(sumProgress([{ ...working, phase: 'done' }, working, emptyProgress]).phase).toBe('working');
    expect(sumProgress([{ ...working, phase: 'done' }]).phase).toBe('done');
  });
});
