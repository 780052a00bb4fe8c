import { AppError, type Capability, type NodeId } from '@longshore/protocol';
import type { Insertable, Selectable, Updateable } from 'kysely';
import { type Db, nowMs } from '../../database/open-database.ts';
import { prepared } from '../../database/prepared.ts';
import type { Schema } from '../../database/schema.ts';
import { previousKeyLeftMs } from './key-rows.ts';

/** A row of the registry with the age of its last heartbeat and its pause, measured by the database's clock. */
export type NodeRow = Selectable<Schema['nodes']> & {
  heartbeat_age_ms: number | null;
  /** How long ago another slave with its secret was refused. */
  rival_age_ms: number | null;
  /** How long until a quarantined node may be probed; negative when it is due. */
  probe_in_ms: number | null;
  /** How long the previous key is still valid; null without a limit. */
  previous_key_left_ms: number | null;
};

/** What the administrator allows on the node; a check is always allowed, and to join is to create. */
export const mayDo = (row: Pick<NodeRow, 'capabilities'>, capability: Capability): boolean =>
  capability === 'check' ||
  (JSON.parse(row.capabilities) as Capability[]).includes(
    capability === 'join-archive' ? 'create-archive' : capability,
  );

const selectNodes = (db: Db) =>
  db
    .selectFrom('nodes')
    .selectAll()
    .select((eb) => eb(nowMs, '-', eb.ref('last_heartbeat_ms')).as('heartbeat_age_ms'))
    .select((eb) => eb(nowMs, '-', eb.ref('rival_seen_ms')).as('rival_age_ms'))
    .select((eb) => eb(eb.ref('probe_at_ms'), '-', nowMs).as('probe_in_ms'))
    .select(previousKeyLeftMs.as('previous_key_left_ms'));

/** By name; all, or those of these ids that there are. */
export const listNodes = async (db: Db, ids?: readonly string[]): Promise<NodeRow[]> =>
  (await (ids === undefined ? selectAllNodes(db, {}) : selectSomeNodes(db, { ids }))).rows;

const selectAllNodes = prepared((db) => selectNodes(db).orderBy('name_key'));

const selectSomeNodes = prepared((db, { ids }: { ids: readonly string[] }, isOneOf) =>
  selectNodes(db).where(isOneOf('id', ids)).orderBy('name_key'),
);

export const findNode = async (db: Db, id: NodeId): Promise<NodeRow | undefined> =>
  (await selectNode(db, { id })).rows[0];

const selectNode = prepared((db, { id }: { id: NodeId }) => selectNodes(db).where('id', '=', id));

/** By id or by name, ignoring case. Throws `NODE_NOT_FOUND`. */
export async function requireNode(db: Db, idOrName: string): Promise<NodeRow> {
  const row = await selectNodes(db)
    .where((eb) => eb.or([eb('id', '=', idOrName), eb('name_key', '=', idOrName.toLowerCase())]))
    .executeTakeFirst();
  if (row === undefined) throw new AppError('NODE_NOT_FOUND', `there is no node "${idOrName}"`);
  return row;
}

/** By its key, or by the one before while that is still valid. */
export const findNodeByKey = async (db: Db, keyId: string): Promise<NodeRow | undefined> =>
  (await selectNodeByKey(db, { keyId })).rows[0];

const selectNodeByKey = prepared((db, { keyId }: { keyId: string }) =>
  selectNodes(db).where(({ and, eb, or }) =>
    or([
      eb('key_id', '=', keyId),
      and([
        eb('previous_key_id', '=', keyId),
        or([eb('previous_until_ms', 'is', null), eb('previous_until_ms', '>', nowMs)]),
      ]),
    ]),
  ),
);

/** Two nodes at one address would be one slave that counts twice. */
export const isAddressConflict = (error: unknown): boolean =>
  error instanceof Error && error.message.includes('nodes_url');

export const addressConflict = (url: string | null | undefined, cause: unknown): AppError =>
  new AppError('NODE_EXISTS', `another node is registered at ${url}`, { cause });

/** Throws `NODE_EXISTS` when the name or the address is taken. */
export async function insertNode(
  db: Db,
  row: Omit<Insertable<Schema['nodes']>, 'name_key' | 'created_at_ms' | 'revision' | 'draining'>,
): Promise<void> {
  const inserted = await db
    .insertInto('nodes')
    .values({ ...row, name_key: row.name.toLowerCase(), revision: 1, draining: 0, created_at_ms: nowMs })
    .onConflict((conflict) => conflict.column('name_key').doNothing())
    .executeTakeFirst()
    .catch((cause: unknown) => {
      throw isAddressConflict(cause) ? addressConflict(row.url, cause) : cause;
    });
  if (inserted.numInsertedOrUpdatedRows === 0n) {
    throw new AppError('NODE_EXISTS', `a node named "${row.name}" exists already`);
  }
}

/** True when the row was changed; false when `revision` is given and is no longer the present one. */
export async function updateNode(
  db: Db,
  options: {
    id: string;
    revision: number | undefined;
    change: Omit<Updateable<Schema['nodes']>, 'name_key'>;
  },
): Promise<boolean> {
  const { id, revision, change } = options;
  let update = db
    .updateTable('nodes')
    .set({ ...change, ...(change.name === undefined ? {} : { name_key: change.name.toLowerCase() }) })
    .set((eb) => ({ revision: eb('revision', '+', 1) }))
    .where('id', '=', id);
  if (revision !== undefined) update = update.where('revision', '=', revision);
  const result = await update.executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** True when the node was deleted; false while parts are leased to it, or when it is embedded or gone. */
export async function deleteIdleSlave(db: Db, id: string): Promise<boolean> {
  const result = await db
    .deleteFrom('nodes')
    .where('id', '=', id)
    .where('type', '=', 'slave')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('parts')
            .select('parts.id')
            .whereRef('parts.node_id', '=', 'nodes.id')
            .where('parts.state', 'in', ['leased', 'running', 'waiting']),
        ),
      ),
    )
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** Where an embedded node listens this time. Not an edit of the admin's: the revision stays. */
export async function setNodeAddress(db: Db, id: string, url: string): Promise<void> {
  await db.updateTable('nodes').set({ url }).where('id', '=', id).execute();
}
