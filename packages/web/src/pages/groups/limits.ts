import type { GroupLimits } from '@longshore/protocol';
import { formatBytes } from '../../format/format-bytes.ts';
import { locale, t } from '../../language/language.ts';

export type LimitName = keyof GroupLimits;

/** In what each limit is counted, in the order that people think of them. */
export const limitUnits = {
  quotaBytes: 'bytes',
  maxRunningTasks: 'tasks',
  maxArchiveBytes: 'bytes',
  maxExtractedBytes: 'bytes',
  maxEntries: 'entries',
  maxRatio: 'ratio',
  maxDepth: 'depth',
} as const satisfies Record<LimitName, string>;

export const limitNames = Object.keys(limitUnits) as LimitName[];

export function formatLimit(name: LimitName, value: number | null): string {
  if (value === null) return t('limits.none');
  const unit = limitUnits[name];
  return unit === 'bytes'
    ? formatBytes(value)
    : t(`limits.unit.${unit}`, { count: value, number: value.toLocaleString(locale()) });
}
