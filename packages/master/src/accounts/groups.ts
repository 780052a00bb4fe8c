import {
  AppError,
  type EndpointOutput,
  Group,
  type GroupLimits,
  type groups as groupEndpoints,
} from '@longshore/protocol';
import type { z } from 'zod';
import type { Db } from '../database/open-database.ts';
import {
  deleteGroupRow,
  type GroupRow,
  groupNameIsTaken,
  insertGroup,
  listGroups,
  lockGroup,
  makeDefaultGroup,
  parseAllowedNodes,
  requireGroup,
  updateGroup as updateGroupRow,
} from '../store/accounts/group-rows.ts';
import { type Actor, recordAudit } from '../store/audit/audit-rows.ts';
import { listNodes, requireNode } from '../store/nodes/node-rows.ts';
import type { Accounts } from './accounts.ts';
import { viewLimits } from './view-user.ts';

type NewGroup = z.output<(typeof groupEndpoints.createGroup)['body']>;
type GroupChange = z.output<(typeof groupEndpoints.updateGroup)['body']>;

export async function showGroups(
  accounts: Accounts,
): Promise<EndpointOutput<(typeof groupEndpoints)['listGroups']>> {
  const { db } = accounts.database;
  const [rows, names] = [await listGroups(db), await nodeNames(db)];
  return { groups: rows.map((row) => viewGroup(row, names)) };
}

/** Throws `GROUP_EXISTS` (names that differ only in case are one), `NODE_NOT_FOUND`. */
export async function createGroup(accounts: Accounts, wanted: NewGroup, by: Actor): Promise<Group> {
  return accounts.database.transaction(async (tx) => {
    const id = crypto.randomUUID();
    const inserted = await insertGroup(tx, {
      id,
      name: wanted.name,
      ...limitColumns(wanted.limits),
      may_choose_node: wanted.mayChooseNode ? 1 : 0,
      allowed_nodes: await resolveNodes(tx, wanted.allowedNodes),
    });
    if (!inserted) throw groupExists(wanted.name);
    const group = await show(tx, id);
    await recordAudit(tx, by, { action: 'group.create', object: objectOf(group), after: audited(group) });
    return group;
  });
}

/** Throws `GROUP_NOT_FOUND`, `GROUP_EXISTS`, `NODE_NOT_FOUND`. */
export async function updateGroup(
  accounts: Accounts,
  request: { id: string; change: GroupChange; by: Actor },
): Promise<Group> {
  const { id, change, by } = request;
  const { name, limits = {}, mayChooseNode, allowedNodes, isDefault } = change;
  return accounts.database.transaction(async (tx) => {
    const before = await show(tx, id);
    if (name !== undefined && (await groupNameIsTaken(tx, name, id))) throw groupExists(name);
    const columns = {
      ...(name === undefined ? {} : { name }),
      ...limitColumns(limits),
      ...(mayChooseNode === undefined
        ? {}
        : { may_choose_node: mayChooseNode ? (1 as const) : (0 as const) }),
      ...(allowedNodes === undefined ? {} : { allowed_nodes: await resolveNodes(tx, allowedNodes) }),
    };
    if (Object.keys(columns).length > 0) await updateGroupRow(tx, id, columns);
    if (isDefault === true) await makeDefaultGroup(tx, id);
    const group = await show(tx, id);
    await recordAudit(tx, by, {
      action: 'group.update',
      object: objectOf(before),
      before: audited(before),
      after: audited(group),
    });
    return group;
  });
}

/** Throws `GROUP_NOT_FOUND`, `GROUP_IN_USE` with the number of users, `GROUP_DEFAULT`. */
export async function deleteGroup(accounts: Accounts, { id, by }: { id: string; by: Actor }): Promise<void> {
  const { database } = accounts;
  await database.transaction(async (tx) => {
    await lockGroup(tx, id, database.dialect);
    const group = await requireGroup(tx, id);
    if (group.is_default === 1) {
      throw new AppError('GROUP_DEFAULT', `"${group.name}" is the group of new users`);
    }
    if (group.members > 0) {
      const users = group.members === 1 ? '1 user' : `${group.members} users`;
      throw new AppError('GROUP_IN_USE', `"${group.name}" has ${users}`, {
        details: { members: group.members },
      });
    }
    const view = await show(tx, id);
    await deleteGroupRow(tx, id);
    await recordAudit(tx, by, { action: 'group.delete', object: objectOf(view), before: audited(view) });
  });
}

const objectOf = ({ id, name }: Group): { kind: 'group'; id: string; name: string } => ({
  kind: 'group',
  id,
  name,
});

/** Each limit is a value of its own, so that the log shows the one that was changed. */
const audited = ({
  name,
  isDefault,
  limits,
  mayChooseNode,
  allowedNodes,
}: Group): Record<string, unknown> => ({
  name,
  isDefault,
  ...limits,
  mayChooseNode,
  allowedNodes: allowedNodes?.map((node) => node.name) ?? null,
});

const show = async (tx: Db, id: string): Promise<Group> =>
  viewGroup(await requireGroup(tx, id), await nodeNames(tx));

const nodeNames = async (db: Db): Promise<ReadonlyMap<string, string>> =>
  new Map((await listNodes(db)).map((node) => [node.id, node.name]));

async function resolveNodes(tx: Db, wanted: readonly string[] | null): Promise<string | null> {
  if (wanted === null) return null;
  const ids = new Set<string>();
  for (const idOrName of wanted) ids.add((await requireNode(tx, idOrName)).id);
  return JSON.stringify([...ids]);
}

/** A limit that is not named is no column. */
function limitColumns(limits: Partial<{ [Key in keyof GroupLimits]: GroupLimits[Key] | undefined }>) {
  const columns = {
    quota_bytes: limits.quotaBytes,
    max_archive_bytes: limits.maxArchiveBytes,
    max_extracted_bytes: limits.maxExtractedBytes,
    max_entries: limits.maxEntries,
    max_ratio: limits.maxRatio,
    max_depth: limits.maxDepth,
    max_running_tasks: limits.maxRunningTasks,
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined)) as {
    [Key in keyof typeof columns]?: number | null;
  };
}

const viewGroup = (row: GroupRow, names: ReadonlyMap<string, string>): Group =>
  Group.parse({
    id: row.id,
    name: row.name,
    isDefault: row.is_default === 1,
    limits: { ...viewLimits(row), quotaBytes: row.quota_bytes },
    mayChooseNode: row.may_choose_node === 1,
    allowedNodes:
      parseAllowedNodes(row.allowed_nodes)?.flatMap((id) => {
        const name = names.get(id);
        return name === undefined ? [] : { id, name };
      }) ?? null,
    members: Number(row.members),
    createdAtMs: row.created_at_ms,
  });

const groupExists = (name: string): AppError =>
  new AppError('GROUP_EXISTS', `a group named "${name}" exists already`);
