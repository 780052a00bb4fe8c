import type { Node } from '@longshore/protocol';
import type { Paint } from '../../output/paint.ts';

const colours = { online: 'good', suspect: 'warn', offline: 'bad', 'never-seen': 'warn' } as const;

/** Health, and the admin's wishes beside it: "online", "online, draining", "disabled". */
export function paintNodeState(paint: Paint, node: Node): string {
  const health = paint[colours[node.health]](node.health);
  if (!node.enabled) return `${paint.dim('disabled')}, ${health}`;
  return node.draining ? `${health}, ${paint.warn('draining')}` : health;
}
