import { accounts, type User } from '@longshore/protocol';
import { CommandError } from '../errors/command-error.ts';
import type { Api } from './api.ts';

/** The user with this name or id. */
export async function findUser(api: Api, nameOrId: string): Promise<User> {
  const { users } = await api.call(accounts.listUsers, {});
  const user = users.find(({ id, name }) => name === nameOrId || id === nameOrId);
  if (user !== undefined) return user;
  throw CommandError.local('USER_NOT_FOUND', `there is no user ${nameOrId}`);
}
