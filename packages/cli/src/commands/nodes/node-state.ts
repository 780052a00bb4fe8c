import type { Node } from '@longshore/protocol';
import type { Paint } from '../../output/paint.ts';

const colours = { online: 'good', suspect: 'warn', offline: 'bad', 'never-seen': 'warn' } as const;

/** Health, and what keeps it from work: "online", "online, draining", "online, quarantined", "disabled". */
export function paintNodeState(paint: Paint, node: Node): string {
  const health = paint[colours[node.health]](node.health);
  if (!node.enabled) return `${paint.dim('disabled')}, ${health}`;
  if (node.quarantine !== null) return `${health}, ${paint.bad('quarantined')}`;
  return node.draining ? `${health}, ${paint.warn('draining')}` : health;
}
