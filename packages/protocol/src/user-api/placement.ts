import { z } from 'zod';
import { Count } from '../ids.ts';
import { Capability } from '../node-api/node-status.ts';
import { NodeHealth } from './nodes.ts';

/** What stands between a node and a part. */
export const Obstacle = z.discriminatedUnion('kind', [
  z.object({
    kind: z.enum([
      'not-chosen',
      'not-for-group',
      'disabled',
      'draining',
      'stopping',
      'quarantined',
      'failed-before',
      'busy',
    ]),
  }),
  z.object({ kind: z.literal('cannot'), capability: Capability }),
  /** `code`: why it was not reached, by the last try. */
  z.object({ kind: z.literal('not-online'), health: NodeHealth, code: z.string().nullable() }),
  z.object({ kind: z.literal('unreachable'), code: z.string() }),
  z.object({ kind: z.literal('no-space'), leftBytes: Count, neededBytes: Count }),
]);
export type Obstacle = z.infer<typeof Obstacle>;

/** Some of them by name, and how many more there are: a master may have hundreds of nodes. */
const some = <Item extends z.ZodType>(item: Item) => z.object({ named: z.array(item), more: Count });

export const PassedOver = some(z.object({ node: z.string(), obstacle: Obstacle }));
export type PassedOver = z.infer<typeof PassedOver>;

/** Why a part went to its node. */
export const Placement = z.object({
  /** Whose turn it was one of, with their weights; null where the user chose the node. */
  turnAmong: some(z.object({ node: z.string(), weight: z.number() })).nullable(),
  /** Among those whose turn it was alike, it has the files at hand. */
  hasFiles: z.boolean(),
  /** The part tries whether the node can leave quarantine. */
  isProbe: z.boolean(),
  passedOver: PassedOver,
});
export type Placement = z.infer<typeof Placement>;

/** Why a part waits while no node takes it. */
export const Waiting = z.discriminatedUnion('kind', [
  /** `chosen`: the user wants one node, which cannot. */
  z.object({
    kind: z.literal('no-node'),
    capability: Capability,
    chosen: z.boolean(),
    passedOver: PassedOver,
  }),
  z.object({ kind: z.literal('all-busy'), passedOver: PassedOver }),
  /** The group of the user runs at most so many of their tasks at once. */
  z.object({ kind: z.literal('tasks-at-once'), most: Count }),
  /** It joins what they make. */
  z.object({ kind: z.literal('other-parts') }),
]);
export type Waiting = z.infer<typeof Waiting>;
