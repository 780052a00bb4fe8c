import { describePlacement, describeWaiting, type Placement, type Waiting } from '@longshore/protocol';

/** Of versions before, which stored the line for people only, there is nothing but this line. */
const isLine = (stored: string): boolean => !stored.startsWith('{');

/** Why a node was chosen, from `attempts.reason`. */
export function readPlacement(stored: string): { reason: string; placement: Placement | null } {
  if (isLine(stored)) return { reason: stored, placement: null };
  const placement = JSON.parse(stored) as Placement;
  return { reason: describePlacement(placement), placement };
}

/** Why a part waits, from `parts.waiting_for`; null while nobody has said why. */
export function readWaiting(stored: string | null): { waitingFor: string | null; waiting: Waiting | null } {
  if (stored === null || isLine(stored)) return { waitingFor: stored, waiting: null };
  const waiting = JSON.parse(stored) as Waiting;
  return { waitingFor: describeWaiting(waiting), waiting };
}
