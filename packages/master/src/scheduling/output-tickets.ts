import { masterRoutes, type OutputAccess, type PartId } from '@longshore/protocol';
import { issueTicket } from '@longshore/protocol/server';
import type { Clock } from '@longshore/runtime';
import type { MasterKeys } from '../secrets/master-keys.ts';

/** Long enough for any transfer that moves; a node asks for a new one when it needs more. */
const ticketTtlSeconds = 3600;

/** Issues the right to store the blobs of one attempt. */
export type OutputTickets = {
  issue(attempt: { partId: PartId; attempt: number; maxBytes: number }): OutputAccess;
};

export function createOutputTickets(deps: {
  keys: MasterKeys;
  clock: Clock;
  storeId: string;
}): OutputTickets {
  const { keys, clock, storeId } = deps;
  return {
    issue: ({ partId, attempt, maxBytes }) => {
      const nowMs = clock.nowMs();
      const ticket = issueTicket(
        keys.ticket(storeId),
        { op: 'write', partId, attempt, maxBytes },
        { nowMs, ttlSeconds: ticketTtlSeconds },
      );
      return {
        storeId,
        url: masterRoutes.blobs,
        ticket,
        expiresAtMs: Math.round(nowMs + ticketTtlSeconds * 1000),
      };
    },
  };
}
