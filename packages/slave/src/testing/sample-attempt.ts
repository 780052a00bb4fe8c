import { Attempt, type Work } from '@longshore/protocol';

const work: Work = {
  kind: 'extract-archive',
  select: [],
  onUnsafe: 'skip',
  encoding: null,
  password: null,
  entryRange: null,
};

/** An attempt for tests that never execute it. */
export const sampleAttempt = (
  fields: { partId?: string; attempt?: number; password?: string | null } = {},
): Attempt =>
  Attempt.parse({
    partId: fields.partId ?? crypto.randomUUID(),
    attempt: fields.attempt ?? 1,
    taskId: crypto.randomUUID(),
    requestId: 'request',
    work: { ...work, password: fields.password ?? null },
    limits: { maxOutputBytes: 1e9, maxEntries: 1e6, maxEntryBytes: 1e9, maxRatio: 1000, maxDepth: 50 },
    output: { storeId: 'remote', url: '/blobs/v1', ticket: 'ticket', expiresAtMs: Date.now() + 3_600_000 },
    leaseMs: 15_000,
  });
