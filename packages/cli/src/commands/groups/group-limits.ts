import type { GroupLimits } from '@longshore/protocol';
import type { Command } from 'commander';
import { z } from 'zod';
import { as, listOf, Size, wholeNumber } from '../../option-values.ts';

const orUnlimited = <Value extends z.ZodType<number, string>>(value: Value, example: string) =>
  as(z.union([z.literal('unlimited'), value], { error: `${example}, or "unlimited"` }));
const size = orUnlimited(Size, 'a size such as 50GiB');
const number = orUnlimited(wholeNumber(1, 2 ** 40), 'a whole number from 1');

export type LimitOptions = {
  quota?: number | 'unlimited';
  maxArchive?: number | 'unlimited';
  maxExtracted?: number | 'unlimited';
  maxEntries?: number | 'unlimited';
  maxRatio?: number | 'unlimited';
  maxDepth?: number | 'unlimited';
  maxTasks?: number | 'unlimited';
  nodes?: string[];
};

export const withLimitOptions = (command: Command): Command =>
  command
    .option('--quota <size>', 'what each user may store, such as 50GiB', size)
    .option('--max-archive <size>', 'the largest archive that may be created or extracted', size)
    .option('--max-extracted <size>', 'what one extraction may produce', size)
    .option('--max-entries <count>', 'entries of one archive', number)
    .option('--max-ratio <count>', 'bytes that may come out of one byte of an archive', number)
    .option('--max-depth <count>', 'folders above an extracted entry', number)
    .option('--max-tasks <count>', 'tasks of one user that run at once', number)
    .option('--nodes <names>', 'the only nodes that work for the group, or "all"', listOf(z.string().min(1)));

/** The limits that were named. */
export function namedLimits(options: LimitOptions): Partial<GroupLimits> {
  const limits = {
    quotaBytes: options.quota,
    maxArchiveBytes: options.maxArchive,
    maxExtractedBytes: options.maxExtracted,
    maxEntries: options.maxEntries,
    maxRatio: options.maxRatio,
    maxDepth: options.maxDepth,
    maxRunningTasks: options.maxTasks,
  };
  const named = Object.entries(limits).filter(([, value]) => value !== undefined);
  return Object.fromEntries(named.map(([name, value]) => [name, value === 'unlimited' ? null : value]));
}

/** "all" is no restriction. */
export const namedNodes = (nodes: readonly string[]): string[] | null =>
  nodes.length === 1 && nodes[0] === 'all' ? null : [...nodes];
