import type { AuditAction } from '@longshore/protocol';
import { formatBytes } from '../../format/format-bytes.ts';
import { formatExact } from '../../format/format-times.ts';
import { locale, t } from '../../language/language.ts';
import type { MessageKey } from '../../language/messages/messages.ts';

/** What actions are about, as they begin. */
export const actionGroups = [
  'sign-in',
  'user',
  'group',
  'node',
  'task',
  'password',
  'two-factor',
  'passkey',
  'token',
  'session',
] as const;

export const actionText = (action: AuditAction): string => t(`audit.action.${action}`);

/** Red for what has failed, orange for what is gone, teal for what is new. */
export function actionColor(action: AuditAction): string {
  if (action === 'sign-in.failed' || action === 'password.wrong') return 'red';
  if (/\.(delete|reset|disable|cancel|clean-up|revoke-old-key|end)$/.test(action)) return 'orange';
  return action.endsWith('.create') || action === 'two-factor.enable' ? 'teal' : 'gray';
}

/** Of the API, where the console has a word for them. */
const fields: Partial<Record<string, MessageKey>> = {
  name: 'users.column.name',
  role: 'users.column.role',
  group: 'users.column.group',
  disabled: 'users.isDisabled',
  quotaBytes: 'limits.quotaBytes',
  maxArchiveBytes: 'limits.maxArchiveBytes',
  maxExtractedBytes: 'limits.maxExtractedBytes',
  maxEntries: 'limits.maxEntries',
  maxRatio: 'limits.maxRatio',
  maxDepth: 'limits.maxDepth',
  maxRunningTasks: 'limits.maxRunningTasks',
  mayChooseNode: 'groups.mayChoose',
  allowedNodes: 'groups.allowedNodes',
  isDefault: 'groups.default',
  oidcLogin: 'users.oidcLogin',
  password: 'password.title',
};

export const fieldText = (name: string): string => {
  const key = fields[name];
  return key === undefined ? name : t(key);
};

/** A value of the log for a person; nothing is null. */
export function valueText(name: string, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return t(value ? 'audit.yes' : 'audit.no');
  if (typeof value === 'number') {
    if (name.endsWith('AtMs')) return formatExact(value);
    return name.endsWith('Bytes') ? formatBytes(value) : value.toLocaleString(locale());
  }
  if (Array.isArray(value)) return value.map((one) => valueText(name, one) ?? '—').join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
