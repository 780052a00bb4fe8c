import { z } from 'zod';
import { Count, UserId } from '../ids.ts';
import { endpoint } from './endpoint.ts';

/**
 * What somebody did. Sign-ins and credentials of users are recorded, and everything that administrators change: tasks only
 * where they are not their own.
 */
export const AuditAction = z.enum([
  'sign-in',
  'sign-in.failed',
  'sign-out.everywhere',
  'session.end',
  'session.end-others',
  'password.change',
  'password.wrong',
  'passkey.create',
  'passkey.delete',
  'two-factor.enable',
  'two-factor.disable',
  'two-factor.reset',
  'two-factor.renew-codes',
  'token.create',
  'token.delete',
  'user.create',
  'user.update',
  'user.delete',
  'group.create',
  'group.update',
  'group.delete',
  'node.create',
  'node.update',
  'node.delete',
  'node.rotate-key',
  'node.revoke-old-key',
  'node.test',
  'task.cancel',
  'task.retry',
  'task.delete',
  'task.clean-up',
]);
export type AuditAction = z.infer<typeof AuditAction>;

/** The values that an action has changed, by name. Secrets are never among them. */
const Values = z.record(z.string(), z.unknown());

export const AuditEntry = z.object({
  /** Counts up: later entries have higher numbers. */
  id: Count,
  atMs: Count,
  action: AuditAction,
  /** Who did it, as named then; null when nobody was signed in. */
  user: z.object({ id: UserId, name: z.string() }).nullable(),
  /** Where from: the address of the client, behind trusted proxies too. */
  address: z.string(),
  requestId: z.string(),
  /** What it was done to, as named then. */
  object: z
    .object({
      kind: z.enum(['user', 'group', 'node', 'token', 'passkey', 'session', 'task']),
      id: z.string(),
      name: z.string(),
    })
    .nullable(),
  /** Null for what did not exist before. */
  before: Values.nullable(),
  /** Null for what does not exist any more. */
  after: Values.nullable(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

export const audit = {
  listAudit: endpoint({
    method: 'get',
    path: '/api/v1/audit',
    tag: 'Administration',
    summary: 'Who has changed what, newest first; also sign-ins and changes of passwords and tokens',
    access: 'admin',
    query: z.object({
      user: z.string().max(64).optional().describe('Name or id of who did it'),
      object: z.string().max(64).optional().describe('Name or id of what it was done to'),
      action: z
        .string()
        .max(64)
        .optional()
        .describe('An action such as "user.update", or all that begin with "user."'),
      requestId: z.string().max(128).optional(),
      afterMs: z.coerce.number().int().min(0).optional(),
      beforeMs: z.coerce.number().int().min(0).optional(),
      cursor: z.coerce.number().int().min(0).optional(),
      limit: z.coerce.number().int().min(1).max(500).default(50),
    }),
    status: 200,
    response: z.object({ entries: z.array(AuditEntry), next: Count.nullable() }),
  }),
} as const;
