import type { Setting } from '@longshore/protocol';
import { formatBytes } from '../../format/format-bytes.ts';
import { formatSpan } from '../../format/format-times.ts';
import { locale, t } from '../../language/language.ts';

const dayMs = 86_400_000;

/** The value of a setting in words, with the unit that a file leaves out. Null when nothing is set. */
export function settingValue({ value, unit }: Pick<Setting, 'value' | 'unit'>): string | null {
  if (value === null || value === '') return null;
  const number = Number(value);
  if (unit === 'bytes-per-second') {
    if (number === 0) return t('limits.none');
    return `${Number.isNaN(number) ? value : formatBytes(number)}/s`;
  }
  if (unit === null || Number.isNaN(number)) return value;
  switch (unit) {
    case 'count':
      return number.toLocaleString(locale());
    case 'seconds':
      return formatSpan(number * 1_000);
    case 'days':
      return formatSpan(number * dayMs);
    case 'bytes':
      return formatBytes(number);
    default:
      return unit satisfies never;
  }
}
