import { z } from 'zod';
import { Count, GroupId, NodeId } from '../ids.ts';
import { endpoint } from './endpoint.ts';

export const GroupName = z
  .string()
  .regex(
    /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,62}$/u,
    'a name of 1 to 63 letters, digits, spaces, ".", "_" or "-"',
  );

/** What each user of a group may use. Null: only the settings of the master limit it. */
export const GroupLimits = z.object({
  /** Bytes that a user may store, unless the user has a quota of their own. */
  quotaBytes: Count.nullable(),
  /** Bytes of an archive that is created or extracted; all its volumes together. */
  maxArchiveBytes: Count.nullable(),
  /** Bytes that one extraction may produce. */
  maxExtractedBytes: Count.nullable(),
  /** Entries of an archive that is created or extracted. */
  maxEntries: z.int().min(1).nullable(),
  /** Bytes that may come out of one byte of an archive. */
  maxRatio: z.int().min(1).nullable(),
  /** Folders above an extracted entry. */
  maxDepth: z.int().min(1).nullable(),
  /** Tasks of one user that run at once; more of them wait. */
  maxRunningTasks: z.int().min(1).nullable(),
});
export type GroupLimits = z.infer<typeof GroupLimits>;

export const Group = z.object({
  id: GroupId,
  name: GroupName,
  /** True for the one group that new users belong to when none is named. */
  isDefault: z.boolean(),
  limits: GroupLimits,
  /** Whether its users may say which node a task runs on. */
  mayChooseNode: z.boolean(),
  /** The only nodes that work for its users; null means all. */
  allowedNodes: z.array(z.object({ id: NodeId, name: z.string() })).nullable(),
  /** Users that belong to it. */
  members: Count,
  createdAtMs: Count,
});
export type Group = z.infer<typeof Group>;

const Limits = GroupLimits.partial();
/** Ids or names. */
const NodeList = z.array(z.string().min(1).max(64)).min(1).max(1000).nullable();
const tag = 'Groups';
const ById = z.object({ id: GroupId });

export const groups = {
  listGroups: endpoint({
    method: 'get',
    path: '/api/v1/groups',
    tag,
    summary: 'All groups with their limits and the number of their users',
    access: 'admin',
    status: 200,
    response: z.object({ groups: z.array(Group) }),
  }),
  createGroup: endpoint({
    method: 'post',
    path: '/api/v1/groups',
    tag,
    summary: 'Create a group; limits that are not named are those of the master',
    access: 'admin',
    body: z.strictObject({
      name: GroupName,
      limits: z.strictObject(Limits.shape).default({}),
      mayChooseNode: z.boolean().default(true),
      allowedNodes: NodeList.default(null).describe('Ids or names of nodes; null for all'),
    }),
    status: 201,
    response: Group,
  }),
  updateGroup: endpoint({
    method: 'patch',
    path: '/api/v1/groups/{id}',
    tag,
    summary: 'Change a group; in force at once, for queued tasks too',
    access: 'admin',
    params: ById,
    body: z.strictObject({
      name: GroupName.optional(),
      /** Makes it the group of new users, instead of the one that was. */
      isDefault: z.literal(true).optional(),
      /** Limits that are not named stay. */
      limits: z.strictObject(Limits.shape).optional(),
      mayChooseNode: z.boolean().optional(),
      allowedNodes: NodeList.optional().describe('Ids or names of nodes; null for all'),
    }),
    status: 200,
    response: Group,
  }),
  deleteGroup: endpoint({
    method: 'delete',
    path: '/api/v1/groups/{id}',
    tag,
    summary: 'Delete a group that has no users and is not the default',
    access: 'admin',
    params: ById,
    status: 200,
    response: z.object({}),
  }),
} as const;
