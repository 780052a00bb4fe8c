import { z } from 'zod';
import { Count } from '../ids.ts';

/** In what the number of a setting is counted. */
export const SettingUnit = z.enum(['count', 'seconds', 'days', 'bytes', 'bytes-per-second']);
export type SettingUnit = z.infer<typeof SettingUnit>;

/** One setting of a node as it is in force. */
export const ConfigSetting = z.object({
  section: z.string(),
  key: z.string(),
  /** As it would stand in the file; null when there is none. A secret is `********`. */
  value: z.string().nullable(),
  /** `flag` is the command line; `master` is told by the master and cannot be set on the node. */
  origin: z.enum(['default', 'file', 'environment', 'flag', 'master']),
  /** The origin for a person: `default`, a file and line, a variable, the name of a master. */
  place: z.string(),
  description: z.string(),
  /** Null when the value is not a number, or when a node of another version counts in something else. */
  unit: SettingUnit.nullable().catch(null).default(null),
  /** What an edit has written that is in force after a restart only; its `value` is null when it is removed. */
  pending: z.object({ value: z.string().nullable(), place: z.string() }).nullable().default(null),
});
export type ConfigSetting = z.infer<typeof ConfigSetting>;

/** Slave → master: everything that is in force on the node, in the order of the documentation. */
export const NodeConfig = z.object({
  settings: z.array(ConfigSetting),
  /** The last edit of the file, if it was refused: what is in force is older than the file. */
  refusedEdit: z.object({ atMs: Count, reason: z.string() }).nullable().default(null),
});
export type NodeConfig = z.infer<typeof NodeConfig>;
