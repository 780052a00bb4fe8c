import { AppError } from '@longshore/protocol';
import type { Db } from '../../database/open-database.ts';
import { findUser, type UserRow } from './user-rows.ts';

type Identity = { readonly issuer: string; readonly subject: string; readonly login: string | null };

export async function findLinkedUser(db: Db, identity: Identity): Promise<UserRow | undefined> {
  const found = await db
    .selectFrom('users')
    .select('id')
    .where('oidc_issuer', '=', identity.issuer)
    .where('oidc_subject', '=', identity.subject)
    .executeTakeFirst();
  return found === undefined ? undefined : findUser(db, found.id);
}

/** Ties the user whom an administrator has prepared for this login, unless somebody else has come first. */
export async function linkAwaitedUser(tx: Db, identity: Identity): Promise<UserRow | undefined> {
  if (identity.login === null) return undefined;
  const linked = await tx
    .updateTable('users')
    .set({ oidc_issuer: identity.issuer, oidc_subject: identity.subject })
    .where('oidc_login', '=', identity.login)
    .where('oidc_subject', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return linked === undefined ? undefined : findUser(tx, linked.id);
}

export async function linkUser(tx: Db, link: { userId: string; identity: Identity }): Promise<UserRow> {
  const { userId, identity } = link;
  await tx
    .updateTable('users')
    .set({ oidc_login: identity.login, oidc_issuer: identity.issuer, oidc_subject: identity.subject })
    .where('id', '=', userId)
    .execute();
  const user = await findUser(tx, userId);
  if (user === undefined) throw new AppError('USER_NOT_FOUND', `there is no user ${userId}`);
  return user;
}

/** Another user awaits, or has, this login. */
export async function loginIsTaken(db: Db, login: string, exceptId: string): Promise<boolean> {
  const row = await db
    .selectFrom('users')
    .select('id')
    .where('oidc_login', '=', login)
    .where('id', '!=', exceptId)
    .executeTakeFirst();
  return row !== undefined;
}
