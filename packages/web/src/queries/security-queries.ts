import { passkeys, security } from '@longshore/protocol';
import { queryOptions } from '@tanstack/react-query';
import { call } from '../api/call.ts';

export const twoFactorQuery = queryOptions({
  queryKey: ['two-factor'],
  queryFn: ({ signal }) => call(security.showTwoFactor, {}, { signal }),
});

export const passkeysQuery = queryOptions({
  queryKey: ['passkeys'],
  queryFn: async ({ signal }) => (await call(passkeys.listPasskeys, {}, { signal })).passkeys,
});

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: async ({ signal }) => (await call(security.listSessions, {}, { signal })).sessions,
  // Others may have signed in with this account since: that is what one looks for here.
  staleTime: 0,
});
