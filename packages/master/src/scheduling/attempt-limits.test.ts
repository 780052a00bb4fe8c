import { expect, it } from 'vitest';
import { attemptLimits } from './attempt-limits.ts';

const settings = { maxOutputBytes: 1000, maxEntries: 100, maxEntryBytes: 500, maxRatio: 50, maxDepth: 10 };
const unlimited = {
  quotaBytes: null,
  usedBytes: 70,
  maxArchiveBytes: null,
  maxExtractedBytes: null,
  maxEntries: null,
  maxRatio: null,
  maxDepth: null,
};

it('without limits of the group the settings of the master hold', () => {
  expect(attemptLimits(settings, unlimited, 'create-archive')).toEqual(settings);
});

it.each([
  ['the archive a group may create', { maxArchiveBytes: 300 }, 'create-archive', { maxOutputBytes: 300 }],
  ['what a group may extract', { maxExtractedBytes: 400 }, 'extract-archive', { maxOutputBytes: 400 }],
  ['not the archive when it is extracted', { maxArchiveBytes: 300 }, 'extract-archive', {}],
  ['not what is extracted when it is created', { maxExtractedBytes: 400 }, 'create-archive', {}],
  [
    'the room in the quota',
    { quotaBytes: 100, maxExtractedBytes: 400 },
    'extract-archive',
    { maxOutputBytes: 30 },
  ],
  ['no room when the quota was lowered', { quotaBytes: 10 }, 'extract-archive', { maxOutputBytes: 0 }],
  [
    'entries, ratio and depth',
    { maxEntries: 5, maxRatio: 6, maxDepth: 7 },
    'extract-archive',
    { maxEntries: 5, maxRatio: 6, maxDepth: 7 },
  ],
  ['never more than the settings', { maxEntries: 500, maxExtractedBytes: 5000 }, 'extract-archive', {}],
] as const)('the least counts: %s', (_what, limits, capability, expected) => {
  expect(attemptLimits(settings, { ...unlimited, ...limits }, capability)).toEqual({
    ...settings,
    ...expected,
  });
});
