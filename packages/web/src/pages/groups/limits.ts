import type { GroupLimits, Setting } from '@longshore/protocol';
import { formatBytes } from '../../format/format-bytes.ts';
import { locale, t } from '../../language/language.ts';
import { settingValue } from '../settings/setting-value.ts';

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

/** The settings of the master that hold where a group has no limit of its own. */
const masterKeys: Partial<Record<LimitName, string>> = {
  maxArchiveBytes: 'MaxOutput',
  maxExtractedBytes: 'MaxOutput',
  maxEntries: 'MaxEntries',
  maxRatio: 'MaxRatio',
  maxDepth: 'MaxDepth',
};

/** What holds where there is no limit. `settings` are those of the master, for those who may see them. */
export function withoutLimit(name: LimitName, settings: readonly Setting[] | undefined): string {
  const key = masterKeys[name];
  if (key === undefined) return t('limits.none');
  const setting = settings?.find((one) => one.section === 'Tasks' && one.key === key);
  const limit = setting && settingValue(setting);
  return limit ? t('limits.ofMaster', { limit }) : t('limits.byMaster');
}

export function formatLimit(name: LimitName, value: number | null): string {
  if (value === null) return t('limits.none');
  const unit = limitUnits[name];
  return unit === 'bytes'
    ? formatBytes(value)
    : t(`limits.unit.${unit}`, { count: value, number: value.toLocaleString(locale()) });
}
