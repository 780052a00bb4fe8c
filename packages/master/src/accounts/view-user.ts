import { type GroupLimits, User } from '@longshore/protocol';
import type { LimitColumns, UserRow } from '../store/accounts/user-rows.ts';

/** A user as the API shows it. */
export const viewUser = (row: UserRow): User =>
  User.parse({
    id: row.id,
    name: row.name,
    role: row.role,
    disabled: row.disabled === 1,
    passwordChangeRequired: row.password_change_required === 1,
    twoFactor: row.has_two_factor === 1,
    oidcLogin: row.oidc_login,
    oidcLinked: row.oidc_subject !== null,
    group: { id: row.group_id, name: row.group_name },
    quotaBytes: row.quota_bytes,
    limits: { ...viewLimits(row), quotaBytes: row.quota_bytes ?? row.group_quota_bytes },
    usedBytes: row.used_bytes,
    createdAtMs: row.created_at_ms,
  });

/** The limits of a group but for the quota, which a user may have of their own. */
export const viewLimits = (row: LimitColumns): Omit<GroupLimits, 'quotaBytes'> => ({
  maxArchiveBytes: row.max_archive_bytes,
  maxExtractedBytes: row.max_extracted_bytes,
  maxEntries: row.max_entries,
  maxRatio: row.max_ratio,
  maxDepth: row.max_depth,
  maxRunningTasks: row.max_running_tasks,
});

/** A user as the audit log names one. */
export const objectOf = (user: { id: string; name: string }): { kind: 'user'; id: string; name: string } => ({
  kind: 'user',
  id: user.id,
  name: user.name,
});

/** What administrators decide about a user. */
export const auditedUser = (row: UserRow): Record<string, unknown> => ({
  role: row.role,
  group: row.group_name,
  disabled: row.disabled === 1,
  quotaBytes: row.quota_bytes,
  oidcLogin: row.oidc_login,
});
