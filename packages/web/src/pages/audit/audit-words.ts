import type { AuditAction } from '@longshore/protocol';
import { formatBytes } from '../../format/format-bytes.ts';
import { formatExact, formatSpan } from '../../format/format-times.ts';
import { locale, t } from '../../language/language.ts';
import type { MessageKey } from '../../language/messages/messages.ts';
import { limitNames } from '../groups/limits.ts';

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

/** What stands between an action and its object, where they do not make a sentence by themselves. */
const joints: Partial<Record<AuditAction, 'as' | 'to' | 'for' | 'forUser'>> = {
  'sign-in.failed': 'as',
  'node.test': 'to',
  'node.rotate-key': 'for',
  'node.revoke-old-key': 'for',
  'two-factor.reset': 'forUser',
};

export function jointText(action: AuditAction): string {
  const joint = joints[action];
  return joint === undefined ? '' : `${t(`audit.joint.${joint}`)} `;
}

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
  url: 'node.url',
  internalUrl: 'node.internalUrl',
  weight: 'node.weight',
  enabled: 'node.enabled',
  draining: 'health.draining',
  quarantined: 'health.quarantined',
  capabilities: 'node.capabilities',
  access: 'tokens.access',
  expiresAtMs: 'tokens.expiry',
  login: 'users.oidcLogin',
  issuer: 'provider.title',
  subject: 'audit.subject',
  reason: 'rejected.why',
  passkey: 'passkeys.name',
  address: 'audit.address',
  owner: 'task.user',
  states: 'cleanUp.states',
  deleted: 'audit.cleanedUp',
  olderThanSeconds: 'audit.olderThan',
  ended: 'audit.ended',
};

/** The words of the console for values that are names in the API. */
const values: Partial<Record<string, Partial<Record<string, MessageKey>>>> = {
  role: { admin: 'role.admin', user: 'role.user' },
  access: { read: 'tokens.access.read', full: 'tokens.access.full' },
  capabilities: {
    'create-archive': 'capability.create-archive',
    'extract-archive': 'capability.extract-archive',
  },
  states: {
    completed: 'state.completed',
    'completed-with-errors': 'state.completed-with-errors',
    failed: 'state.failed',
    canceled: 'state.canceled',
  },
};

export const fieldText = (name: string): string => {
  const key = fields[name];
  return key === undefined ? name : t(key);
};

/** What it means where there is no value. */
export function emptyText(name: string): string {
  if (name === 'allowedNodes') return t('groups.onAll');
  return (limitNames as readonly string[]).includes(name) ? t('limits.none') : '—';
}

/** A value of the log for a person; nothing is null. */
export function valueText(name: string, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return t(value ? 'audit.yes' : 'audit.no');
  if (typeof value === 'number') {
    if (name.endsWith('AtMs')) return formatExact(value);
    if (name.endsWith('Seconds')) return formatSpan(value * 1_000);
    return name.endsWith('Bytes') ? formatBytes(value) : value.toLocaleString(locale());
  }
  if (Array.isArray(value)) return value.map((one) => valueText(name, one) ?? '—').join(', ');
  if (typeof value === 'object') return JSON.stringify(value);
  const key = values[name]?.[String(value)];
  return key === undefined ? String(value) : t(key);
}
