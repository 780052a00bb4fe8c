import type { Node } from '@longshore/protocol';
import { formatBytes } from '../../format/format-bytes.ts';
import { formatSpan } from '../../format/format-times.ts';
import { t } from '../../language/language.ts';
import { isDiskLow, skewWarnMs } from './node-look.ts';

/** What is wrong with a node, in lines that name it. Nothing is wrong with a node that is switched off. */
export function nodeTroubles(node: Node): string[] {
  const { name, vitals } = node;
  if (!node.enabled) return [];
  const found: string[] = [];
  if (node.health === 'never-seen') found.push(t('attention.neverSeen', { name }));
  if (node.health === 'offline' || node.health === 'suspect') {
    found.push(t('attention.offline', { name, span: formatSpan(node.lastHeartbeatAgeMs ?? 0) }));
  }
  if (node.quarantine !== null) {
    found.push(t('attention.quarantine', { name, code: node.quarantine.reason.code }));
  }
  if (node.rival !== null) found.push(t('attention.rival', { name }));
  if (node.skewMs !== null && Math.abs(node.skewMs) > skewWarnMs) {
    found.push(t('attention.skew', { name, span: formatSpan(Math.abs(node.skewMs)) }));
  }
  const disk = vitals?.temp;
  if (disk && isDiskLow(disk)) found.push(t('attention.disk', { name, size: formatBytes(disk.freeBytes) }));
  for (const store of vitals?.stores ?? []) {
    if (!isDiskLow(store)) continue;
    found.push(t('attention.store', { name, store: store.name, size: formatBytes(store.freeBytes) }));
  }
  return found;
}
