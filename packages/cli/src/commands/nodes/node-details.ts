import type { Node } from '@longshore/protocol';
import { fields } from '../../output/fields.ts';
import { formatAge, formatBytes, formatCount, formatTime } from '../../output/format-values.ts';
import type { Paint } from '../../output/paint.ts';
import { printable } from '../../output/printable.ts';
import { paintNodeState } from './node-state.ts';

/** Everything there is to know of a node, one fact a line. */
export function nodeDetails(paint: Paint, node: Node): string[] {
  const rows: [string, string][] = [
    ['name', node.name],
    ['id', node.id],
    ['state', paintNodeState(paint, node)],
    ['type', node.type],
    ['address', node.url ?? 'inside the master'],
    ['internal address', node.internalUrl ?? '-'],
    ['weight', String(node.weight)],
    ['capabilities', node.capabilities.join(', ')],
    ['created', formatTime(node.createdAtMs)],
    [
      'heartbeat',
      node.lastHeartbeatAgeMs === null ? 'none yet' : `${formatAge(node.lastHeartbeatAgeMs)} ago`,
    ],
    ['clock', node.skewMs === null ? '-' : `${Math.round(node.skewMs)} ms from the master's`],
    ['leased parts', formatCount(node.leasedParts)],
    ...Object.entries(node.picks).map(([capability, count]): [string, string] => [
      `picked for ${capability}`,
      formatCount(count),
    ]),
    ...vitalRows(node.vitals),
    ...quarantineRows(node.quarantine),
    ...oldKeyRows(node.oldKey),
    ...node.recentErrors.map(({ error, atMs, times }): [string, string] => [
      formatTime(atMs),
      `${error.code}: ${printable(error.message)}${times > 1 ? ` (${times} times)` : ''}`,
    ]),
  ];
  const errors = [node.rival, node.lastError].filter((error) => error !== null);
  return [
    ...fields(paint, rows),
    ...errors.flatMap((error) => [
      `${paint.bad(error.code)}: ${printable(error.message)}`,
      `fix: ${error.hint}`,
    ]),
  ];
}

function quarantineRows(quarantine: Node['quarantine']): [string, string][] {
  if (quarantine === null) return [];
  const { reason, sinceMs, probeAtMs } = quarantine;
  return [
    ['quarantined since', formatTime(sinceMs)],
    ['because of', `${reason.code}: ${printable(reason.message)}`],
    ['tried again at', formatTime(probeAtMs)],
  ];
}

function oldKeyRows(oldKey: Node['oldKey']): [string, string][] {
  if (oldKey === null) return [];
  return [
    [
      'old secret',
      `valid until ${oldKey.untilMs === null ? 'the new one is used' : formatTime(oldKey.untilMs)}`,
    ],
  ];
}

function vitalRows(vitals: Node['vitals']): [string, string][] {
  if (vitals === null) return [];
  const temp = vitals.temp;
  const room =
    temp &&
    `${formatBytes(temp.freeBytes)} free of ${formatBytes(temp.totalBytes)} in ${printable(temp.path)}`;
  return [
    ['version', `${printable(vitals.version)}, protocol ${printable(vitals.protocol)}`],
    ['up since', `${formatAge(vitals.uptimeMs)} ago`],
    ['tasks', `${vitals.running} running, ${vitals.queued} queued, ${vitals.workers} workers`],
    ['load', `${vitals.load1.toFixed(2)} on ${vitals.cores} cores`],
    [
      'memory',
      `${formatBytes(vitals.memoryFreeBytes)} free of ${formatBytes(vitals.memoryTotalBytes)}, ${formatBytes(vitals.rssBytes)} used by the node`,
    ],
    ['temp', room ?? 'not writable'],
    ...(vitals.stores ?? []).map(({ name, freeBytes, totalBytes }): [string, string] => [
      `store ${printable(name)}`,
      `${formatBytes(freeBytes)} free of ${formatBytes(totalBytes)}`,
    ]),
  ];
}
