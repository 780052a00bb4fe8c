import type { Capability, Limits } from '@longshore/protocol';
import type { Allowance } from '../store/accounts/allowance.ts';

/**
 * What an attempt may consume: the least of the settings of the master, the limits of the user's group, and the room
 * that is left in the quota.
 */
export function attemptLimits(settings: Limits, allowance: Allowance, capability: Capability): Limits {
  return {
    maxOutputBytes: Math.min(taskOutputLimit(settings, allowance, capability), roomOf(allowance)),
    maxEntries: least(settings.maxEntries, allowance.maxEntries),
    maxEntryBytes: settings.maxEntryBytes,
    maxRatio: least(settings.maxRatio, allowance.maxRatio),
    maxDepth: least(settings.maxDepth, allowance.maxDepth),
  };
}

/** Bytes that all parts of a task together may produce, whatever the quota has room for. */
export const taskOutputLimit = (settings: Limits, allowance: Allowance, capability: Capability): number =>
  least(
    settings.maxOutputBytes,
    capability === 'extract-archive' ? allowance.maxExtractedBytes : allowance.maxArchiveBytes,
  );

const roomOf = ({ quotaBytes, usedBytes }: Allowance): number =>
  quotaBytes === null ? Number.MAX_SAFE_INTEGER : Math.max(0, quotaBytes - usedBytes);

const least = (setting: number, limit: number | null): number =>
  limit === null ? setting : Math.min(setting, limit);
