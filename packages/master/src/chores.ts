import type { Clock } from '@longshore/runtime';
import type { Database } from './database/open-database.ts';
import { expireUploads } from './files/uploads/drop-upload.ts';
import type { UploadDeps } from './files/uploads/upload-deps.ts';
import { takeSamples } from './history/take-samples.ts';
import type { Chore } from './maintenance.ts';
import { createOrphanPurge } from './storage/create-orphan-purge.ts';
import { purgeBlobs } from './storage/purge-blobs.ts';
import type { Stores } from './storage/stores.ts';
import { deleteExpiredSessions } from './store/accounts/session-rows.ts';
import { trimAudit } from './store/audit/audit-rows.ts';
import { trimEvents } from './store/events/event-rows.ts';
import { deleteExpiredZips } from './store/zips/zip-rows.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const everyMs = { sample: 20_000, trim: 10 * minuteMs, sweep: 60 * minuteMs } as const;

/** What every master does again and again beside its requests. */
export function masterChores(deps: {
  database: Database;
  stores: Stores;
  uploads: UploadDeps;
  nonces: { forgetOld(): Promise<unknown> };
  clock: Clock;
  heartbeatMs: number;
  keepAuditMs: number;
}): Chore[] {
  const { database, stores, uploads, nonces, clock, heartbeatMs, keepAuditMs } = deps;
  const { db } = database;
  const trim = (name: string, run: Chore['run']): Chore => ({ name, everyMs: everyMs.trim, run });
  const sweep = (name: string, run: Chore['run']): Chore => ({ name, everyMs: everyMs.sweep, run });
  return [
    { name: 'take samples', everyMs: everyMs.sample, run: () => takeSamples({ database, heartbeatMs }) },
    trim('trim events', () => trimEvents(database)),
    trim('trim audit log', () => trimAudit(db, keepAuditMs)),
    trim('end sessions', () => deleteExpiredSessions(db, clock.nowMs())),
    trim('forget nonces', () => nonces.forgetOld()),
    trim('expire uploads', () => expireUploads(uploads)),
    trim('expire zips', () => deleteExpiredZips(db)),
    trim('purge blobs', () => purgeBlobs({ db, stores, stagedGraceMs: dayMs })),
    sweep('purge orphans', createOrphanPurge({ db, stores, clock, graceMs: dayMs })),
    sweep('remove abandoned writes', () => stores.get(stores.defaultStoreId).removeAbandoned(dayMs)),
  ];
}
