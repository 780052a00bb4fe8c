import { UserId } from '@longshore/protocol';
import { type Db, nowMs } from '../database/open-database.ts';

/** A user who owns nothing yet. */
export async function addUser(db: Db, options: { quotaBytes?: number } = {}): Promise<UserId> {
  const id = UserId.parse(crypto.randomUUID());
  await db
    .insertInto('users')
    .values({
      id,
      name: id,
      name_key: id,
      password_hash: '',
      role: 'user',
      group_id: db.selectFrom('user_groups').select('id').where('is_default', '=', 1),
      quota_bytes: options.quotaBytes ?? null,
      used_bytes: 0,
      disabled: 0,
      password_change_required: 0,
      created_at_ms: nowMs,
    })
    .execute();
  return id;
}
