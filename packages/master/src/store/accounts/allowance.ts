import { sql } from 'kysely';
import type { Db } from '../../database/open-database.ts';

/** What a user may use at this moment. Null: only the settings of the master limit it. */
export type Allowance = {
  readonly quotaBytes: number | null;
  readonly usedBytes: number;
  readonly maxArchiveBytes: number | null;
  readonly maxExtractedBytes: number | null;
  readonly maxEntries: number | null;
  readonly maxRatio: number | null;
  readonly maxDepth: number | null;
};

/** For queries that join `users` and `user_groups`. */
export const allowanceColumns = [
  sql<number | null>`coalesce(users.quota_bytes, user_groups.quota_bytes)`.as('quotaBytes'),
  'users.used_bytes as usedBytes',
  'user_groups.max_archive_bytes as maxArchiveBytes',
  'user_groups.max_extracted_bytes as maxExtractedBytes',
  'user_groups.max_entries as maxEntries',
  'user_groups.max_ratio as maxRatio',
  'user_groups.max_depth as maxDepth',
] as const;

/** The allowance of the user whose task it is. */
export const findTaskAllowance = (db: Db, taskId: string): Promise<Allowance | undefined> =>
  db
    .selectFrom('tasks')
    .innerJoin('users', 'users.id', 'tasks.user_id')
    .innerJoin('user_groups', 'user_groups.id', 'users.group_id')
    .select(allowanceColumns)
    .where('tasks.id', '=', taskId)
    .executeTakeFirst();
