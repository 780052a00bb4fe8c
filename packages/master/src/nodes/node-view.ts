import {
  type Capability,
  type ErrorInfo,
  type Node,
  NodeId,
  type NodeVitals,
  toErrorInfo,
} from '@longshore/protocol';
import { quarantineReason } from '../store/nodes/breaker-rows.ts';
import { previousKeyIsValid } from '../store/nodes/key-rows.ts';
import type { NodeRow } from '../store/nodes/node-rows.ts';
import { duplicateError } from './admit-boot.ts';
import { nodeHealth } from './node-health.ts';

/** A refused slave goes on to send heartbeats; after so many that are missing it is gone. */
const heartbeatsUntilGone = 4;

/** A node as administrators see it. The secret is not part of it. */
export function nodeView(
  row: NodeRow,
  context: { heartbeatMs: number; leasedParts: number; picks: Record<string, number> },
): Node {
  return {
    id: NodeId.parse(row.id),
    name: row.name,
    type: row.type,
    url: row.type === 'embedded' ? null : row.url,
    internalUrl: row.internal_url,
    weight: row.weight,
    enabled: row.enabled === 1,
    draining: row.draining === 1,
    capabilities: JSON.parse(row.capabilities) as Capability[],
    revision: row.revision,
    createdAtMs: row.created_at_ms,
    quarantine: quarantineView(row),
    oldKey: previousKeyIsValid(row) ? { untilMs: row.previous_until_ms } : null,
    health: nodeHealth(row.heartbeat_age_ms, context.heartbeatMs),
    lastHeartbeatAgeMs: row.heartbeat_age_ms === null ? null : Math.max(0, row.heartbeat_age_ms),
    skewMs: row.skew_ms,
    vitals: row.vitals === null ? null : (JSON.parse(row.vitals) as NodeVitals),
    leasedParts: context.leasedParts,
    picks: context.picks,
    rival:
      row.rival_address === null || (row.rival_age_ms ?? 0) > context.heartbeatMs * heartbeatsUntilGone
        ? null
        : toErrorInfo(duplicateError(row, row.rival_address)),
    recentErrors: JSON.parse(row.recent_errors) as Node['recentErrors'],
    lastError: row.last_error === null ? null : (JSON.parse(row.last_error) as ErrorInfo),
  };
}

function quarantineView(row: NodeRow): Node['quarantine'] {
  const reason = quarantineReason(row);
  if (reason === null || row.quarantined_at_ms === null || row.probe_at_ms === null) return null;
  return { reason, sinceMs: row.quarantined_at_ms, probeAtMs: row.probe_at_ms };
}
