import type { Actor } from '../store/audit/audit-rows.ts';

/** Somebody who changes something in a test. */
export const testActor: Actor = {
  userId: null,
  userName: null,
  address: '192.0.2.1',
  requestId: 'test',
  userAgent: 'a test',
};

export const actingAs = (userId: string): Actor => ({ ...testActor, userId });
