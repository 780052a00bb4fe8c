import { nodes } from '@longshore/protocol';
import { queryOptions } from '@tanstack/react-query';
import { call } from '../api/call.ts';

export const nodesQuery = queryOptions({
  queryKey: ['nodes'],
  queryFn: async ({ signal }) => (await call(nodes.listNodes, {}, { signal })).nodes,
  staleTime: 2_000,
});

/** The nodes that this user may choose for a task. */
export const nodeChoicesQuery = queryOptions({
  queryKey: ['node-choices'],
  queryFn: ({ signal }) => call(nodes.listNodeChoices, {}, { signal }),
  staleTime: 5_000,
});
