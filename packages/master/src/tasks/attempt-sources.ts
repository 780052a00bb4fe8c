import {
  AppError,
  type AttemptRef,
  type BlobAccess,
  BlobId,
  type Capability,
  type Limits,
  masterRoutes,
  type NodeId,
  type Source,
  type SourcePage,
  StoredEntries,
} from '@longshore/protocol';
import { issueTicket } from '@longshore/protocol/server';
import type { Clock } from '@longshore/runtime';
import type { Database } from '../database/open-database.ts';
import { attemptLimits } from '../scheduling/attempt-limits.ts';
import type { MasterKeys } from '../secrets/master-keys.ts';
import { findTaskAllowance } from '../store/accounts/allowance.ts';
import { findPart, findPartWork, findStoredFile, listStoredEntries } from '../store/parts/report-rows.ts';
import { listFewSources, listPieces, listSources, type SourcePageRow } from '../store/tasks/source-pages.ts';

const ticketTtlSeconds = 3600;

/** So many sources travel with their attempt; a request for them would cost more than they do. */
const fewSources = 8;

/** What the holder of an attempt may ask of the master. Everybody else gets `LEASE_LOST`. */
export type AttemptSources = {
  /** The next page of what to read, each blob with a fresh ticket. */
  page(nodeId: NodeId, ref: AttemptRef, from: number): Promise<SourcePage>;
  /** What tasks read that read little, to be sent with their attempts. The others are left out. */
  few(taskIds: readonly string[]): Promise<ReadonlyMap<string, SourcePage>>;
  /** What earlier attempts have stored: all positions, or of the one at `index` where it is. */
  storedEntries(nodeId: NodeId, ref: AttemptRef, index: number | undefined): Promise<StoredEntries>;
  /** Throws `LEASE_LOST` unless this node holds this attempt now. */
  requireHolder(nodeId: NodeId, ref: AttemptRef): Promise<{ taskId: string }>;
  /** Bytes that the attempt may still store at most, as its user's limits are now. */
  outputLimit(nodeId: NodeId, ref: AttemptRef): Promise<number>;
  /** The archive of an extraction, for listing it outside of any attempt. */
  volumesOf(taskId: string): Promise<{ name: string; access: BlobAccess }[]>;
};

export function createAttemptSources(deps: {
  database: Database;
  keys: MasterKeys;
  clock: Clock;
  limits: Limits;
}): AttemptSources {
  const { db } = deps.database;

  const requireHolder = async (
    nodeId: NodeId,
    ref: AttemptRef,
  ): Promise<{ taskId: string; capability: Capability }> => {
    const part = await findPart(db, ref.partId);
    const held =
      part !== undefined &&
      part.attempt === ref.attempt &&
      part.node_id === nodeId &&
      (part.state === 'leased' || part.state === 'running' || part.state === 'waiting');
    if (!held) throw new AppError('LEASE_LOST', `attempt ${ref.attempt} of part ${ref.partId} is not yours`);
    return { taskId: part.task_id, capability: part.capability };
  };

  const toSource = (row: SourcePageRow): Source => {
    const common = { path: row.path, modifiedAtMs: row.modified_at_ms, mode: row.mode };
    if (row.kind === 'folder') return { kind: 'folder', ...common };
    return { kind: 'file', ...common, access: blobAccess(deps, blobOf(row)) };
  };

  const wholePage = (rows: readonly SourcePageRow[]): SourcePage => ({
    sources: rows.map(toSource),
    next: null,
    totalBytes: rows.reduce((sum, row) => sum + row.size_bytes, 0),
    totalEntries: rows.length,
  });

  return {
    requireHolder,
    outputLimit: async (nodeId, ref) => {
      const { taskId, capability } = await requireHolder(nodeId, ref);
      const allowance = await findTaskAllowance(db, taskId);
      if (allowance === undefined) throw new AppError('LEASE_LOST', `task ${taskId} was deleted`);
      return attemptLimits(deps.limits, allowance, capability).maxOutputBytes;
    },
    page: async (nodeId, ref, from) => {
      const { taskId } = await requireHolder(nodeId, ref);
      const work = await findPartWork(db, ref.partId);
      if (work.kind === 'join-archive') return wholePage(await listPieces(db, taskId));
      const within = work.kind === 'create-archive' ? work.sourceRange : undefined;
      const page = await listSources(db, { taskId, from, within });
      return {
        sources: page.rows.map(toSource),
        next: page.next === null ? null : String(page.next),
        totalBytes: page.totalBytes,
        totalEntries: page.totalEntries,
      };
    },
    few: async (taskIds) => {
      const pages = new Map<string, SourcePage>();
      for (const [taskId, rows] of await listFewSources(db, { taskIds, most: fewSources })) {
        // A source whose bytes are gone fails the attempt that asks for it, not the delivery of others.
        if (rows.some((row) => row.kind === 'file' && row.sha256 === null)) continue;
        pages.set(taskId, wholePage(rows));
      }
      return pages;
    },
    storedEntries: async (nodeId, ref, index) => {
      await requireHolder(nodeId, ref);
      const { partId } = ref;
      if (index === undefined) return { indices: await listStoredEntries(db, partId), file: null };
      const file = await findStoredFile(db, { partId, index });
      return StoredEntries.parse({ indices: file === undefined ? [] : [index], file: file ?? null });
    },
    volumesOf: async (taskId) => {
      const { rows } = await listSources(db, { taskId, from: 0 });
      return rows.map((row) => ({ name: row.path, access: blobAccess(deps, blobOf(row)) }));
    },
  };
}

/** The right to read one blob for an hour. */
export function blobAccess(
  deps: { keys: MasterKeys; clock: Clock },
  blob: { id: string; storeId: string; sizeBytes: number; sha256: string },
): BlobAccess {
  const { storeId, sizeBytes, sha256 } = blob;
  const blobId = BlobId.parse(blob.id);
  const times = { nowMs: deps.clock.nowMs(), ttlSeconds: ticketTtlSeconds };
  const ticket = issueTicket(deps.keys.ticket(storeId), { op: 'read', blobId }, times);
  return { storeId, blobId, sizeBytes, sha256, url: `${masterRoutes.blobs}/${blobId}`, ticket };
}

function blobOf(row: SourcePageRow): { id: string; storeId: string; sizeBytes: number; sha256: string } {
  if (row.blob_id === null || row.store_id === null || row.sha256 === null) {
    throw new AppError('BLOB_NOT_FOUND', `the bytes of "${row.path}" are gone`);
  }
  return { id: row.blob_id, storeId: row.store_id, sizeBytes: row.size_bytes, sha256: row.sha256 };
}
