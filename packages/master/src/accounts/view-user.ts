import { User } from '@longshore/protocol';
import type { UserRow } from '../store/accounts/user-rows.ts';

/** A user as the API shows it. */
export const viewUser = (row: UserRow): User =>
  User.parse({
    id: row.id,
    name: row.name,
    role: row.role,
    disabled: row.disabled === 1,
    passwordChangeRequired: row.password_change_required === 1,
    quotaBytes: row.quota_bytes,
    usedBytes: row.used_bytes,
    createdAtMs: row.created_at_ms,
  });
