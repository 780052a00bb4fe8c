import { z } from 'zod';
import { Count, GroupId, TokenId, UserId } from '../ids.ts';
import { Password, UserName } from './account-values.ts';
import { endpoint } from './endpoint.ts';
import { GroupLimits, GroupName } from './groups.ts';
import { SecondFactorCode } from './security.ts';

export const Role = z.enum(['admin', 'user']);
export type Role = z.infer<typeof Role>;

export const User = z.object({
  id: UserId,
  name: UserName,
  role: Role,
  disabled: z.boolean(),
  /** True until the user has replaced a password that somebody else chose. For clients to show; it blocks nothing. */
  passwordChangeRequired: z.boolean(),
  /** Signing in takes a code of an authenticator app. */
  twoFactor: z.boolean(),
  /** The login at the identity provider that may sign in as this user; null for none. */
  oidcLogin: z.string().nullable(),
  /** True once somebody has signed in with it: from then on nobody else can. */
  oidcLinked: z.boolean(),
  group: z.object({ id: GroupId, name: GroupName }),
  /** Bytes the user may store, when the user has a quota of their own; null means that of the group. */
  quotaBytes: Count.nullable(),
  /** What holds for the user: the limits of the group, with the user's own quota. */
  limits: GroupLimits,
  usedBytes: Count,
  createdAtMs: Count,
});
export type User = z.infer<typeof User>;

export const Session = z.object({ token: z.string(), expiresAtMs: Count, user: User });
export type Session = z.infer<typeof Session>;

/** `read`: the token changes nothing and reads everything that its user may · `full`: it does what its user may. */
export const TokenAccess = z.enum(['full', 'read']);
export type TokenAccess = z.infer<typeof TokenAccess>;

export const ApiToken = z.object({
  id: TokenId,
  name: z.string(),
  access: TokenAccess,
  createdAtMs: Count,
  lastUsedAtMs: Count.nullable(),
  /** Null means that the token does not expire. */
  expiresAtMs: Count.nullable(),
});
export type ApiToken = z.infer<typeof ApiToken>;

const Done = z.object({});
const tag = 'Accounts';
const ById = z.object({ id: UserId });

export const accounts = {
  login: endpoint({
    method: 'post',
    path: '/api/v1/login',
    tag,
    summary: 'Sign in with a password and get a session token',
    access: 'public',
    body: z.strictObject({
      user: UserName,
      password: Password,
      /** Asked for by SECOND_FACTOR_REQUIRED. */
      code: SecondFactorCode.optional(),
    }),
    status: 200,
    response: Session,
  }),
  logout: endpoint({
    method: 'post',
    path: '/api/v1/logout',
    tag,
    summary: 'End this session, or every session and API token of the user',
    access: 'user',
    body: z.strictObject({ everywhere: z.boolean().default(false) }),
    status: 200,
    response: Done,
  }),
  me: endpoint({
    method: 'get',
    path: '/api/v1/me',
    tag,
    summary: 'The signed-in user',
    access: 'user',
    status: 200,
    response: User,
  }),
  changePassword: endpoint({
    method: 'post',
    path: '/api/v1/me/password',
    tag,
    summary: 'Change your own password; other sessions end',
    access: 'user',
    body: z.strictObject({ current: Password, next: Password }),
    status: 200,
    response: Session,
  }),
  listTokens: endpoint({
    method: 'get',
    path: '/api/v1/me/tokens',
    tag,
    summary: 'Your API tokens',
    access: 'user',
    status: 200,
    response: z.object({ tokens: z.array(ApiToken) }),
  }),
  createToken: endpoint({
    method: 'post',
    path: '/api/v1/me/tokens',
    tag,
    summary: 'Create an API token; it is shown only in this answer',
    access: 'user',
    body: z.strictObject({
      name: z.string().min(1).max(64),
      access: TokenAccess.default('full'),
      expiresInSeconds: z.int().min(60).nullable().default(null),
    }),
    status: 201,
    response: z.object({ token: z.string(), info: ApiToken }),
  }),
  deleteToken: endpoint({
    method: 'delete',
    path: '/api/v1/me/tokens/{id}',
    tag,
    summary: 'Delete an API token',
    access: 'user',
    params: z.object({ id: TokenId }),
    status: 200,
    response: Done,
  }),
  listUsers: endpoint({
    method: 'get',
    path: '/api/v1/users',
    tag,
    summary: 'All users',
    access: 'admin',
    status: 200,
    response: z.object({ users: z.array(User) }),
  }),
  createUser: endpoint({
    method: 'post',
    path: '/api/v1/users',
    tag,
    summary: 'Create a user; without a password, a one-time password is generated and answered',
    access: 'admin',
    body: z.strictObject({
      name: UserName,
      role: Role.default('user'),
      /** The default group when absent. */
      groupId: GroupId.optional(),
      password: Password.optional(),
      quotaBytes: Count.nullable().default(null),
    }),
    status: 201,
    response: z.object({ user: User, oneTimePassword: z.string().nullable() }),
  }),
  updateUser: endpoint({
    method: 'patch',
    path: '/api/v1/users/{id}',
    tag,
    summary: 'Change role, group, quota, password or the disabled flag of a user',
    access: 'admin',
    params: ById,
    body: z.strictObject({
      role: Role.optional(),
      groupId: GroupId.optional(),
      disabled: z.boolean().optional(),
      quotaBytes: Count.nullable().optional(),
      password: Password.optional(),
      /** Awaits this login; one that was linked before is forgotten. */
      oidcLogin: z.string().min(1).max(256).nullable().optional(),
    }),
    status: 200,
    response: User,
  }),
  deleteUser: endpoint({
    method: 'delete',
    path: '/api/v1/users/{id}',
    tag,
    summary: 'Delete a user with all files and tasks',
    access: 'admin',
    params: ById,
    status: 200,
    response: Done,
  }),
} as const;
