import { groups } from '@longshore/protocol';
import { queryOptions } from '@tanstack/react-query';
import { call } from '../api/call.ts';

export const groupsQuery = queryOptions({
  queryKey: ['groups'],
  queryFn: async ({ signal }) => (await call(groups.listGroups, {}, { signal })).groups,
  staleTime: 5_000,
});
