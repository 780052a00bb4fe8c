import type { Database, Db } from '../database/open-database.ts';
import {
  lockBreaker,
  quarantineReason,
  type StoredBreaker,
  saveBreaker,
  trustNode,
} from '../store/nodes/breaker-rows.ts';
import { rememberError } from '../store/nodes/heartbeat-rows.ts';
import { type Breaker, nextBreaker, type PartOutcome } from './circuit-breaker.ts';

/**
 * Counts how parts have ended on a node, in the transaction that records it. True when the node has come into
 * quarantine or out of it.
 */
export async function noteOutcomes(
  tx: Db,
  noted: { nodeId: string; outcomes: readonly PartOutcome[]; dialect: Database['dialect'] },
): Promise<boolean> {
  const { nodeId, outcomes, dialect } = noted;
  if (outcomes.length === 0) return false;
  if (outcomes.every((outcome) => outcome.fault === null)) return trustNode(tx, nodeId);
  const row = await lockBreaker(tx, nodeId, dialect);
  if (row === undefined) return false;
  const before = toBreaker(row);
  const after = outcomes.reduce((breaker, outcome) => nextBreaker(breaker, outcome, row.now_ms), before);
  await saveBreaker(tx, nodeId, toColumns(after));
  for (const { fault } of outcomes) if (fault !== null) await rememberError(tx, nodeId, fault);
  return (before.quarantine === null) !== (after.quarantine === null);
}

function toBreaker(row: StoredBreaker): Breaker {
  const reason = quarantineReason(row);
  const { faults_in_a_row: faultsInARow, quarantined_at_ms: sinceMs } = row;
  if (reason === null || sinceMs === null) return { faultsInARow, quarantine: null };
  const { probe_at_ms: probeAtMs, probe_pause_ms: pauseMs, probe_part_id: probePartId } = row;
  return {
    faultsInARow,
    quarantine: { reason, sinceMs, probeAtMs: probeAtMs ?? sinceMs, pauseMs: pauseMs ?? 0, probePartId },
  };
}

const toColumns = ({ faultsInARow, quarantine }: Breaker): StoredBreaker => ({
  faults_in_a_row: faultsInARow,
  quarantine_reason: quarantine === null ? null : JSON.stringify(quarantine.reason),
  quarantined_at_ms: quarantine?.sinceMs ?? null,
  probe_at_ms: quarantine?.probeAtMs ?? null,
  probe_pause_ms: quarantine?.pauseMs ?? null,
  probe_part_id: quarantine?.probePartId ?? null,
});
