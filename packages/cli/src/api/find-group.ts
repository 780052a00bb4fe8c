import { type Group, groups } from '@longshore/protocol';
import { CommandError } from '../errors/command-error.ts';
import type { Api } from './api.ts';

/** The group with this name or id. */
export async function findGroup(api: Api, nameOrId: string): Promise<Group> {
  const answer = await api.call(groups.listGroups, {});
  const wanted = nameOrId.toLowerCase();
  const group = answer.groups.find(({ id, name }) => name.toLowerCase() === wanted || id === wanted);
  if (group !== undefined) return group;
  throw CommandError.local('GROUP_NOT_FOUND', `there is no group ${nameOrId}`);
}
