import { z } from 'zod';
import { SettingUnit } from '../node-api/node-config.ts';
import { endpoint } from './endpoint.ts';

/** One setting of the program as it is in force. */
export const Setting = z.object({
  section: z.string(),
  key: z.string(),
  /** As it would stand in the file; null when there is none. A secret is `********`. */
  value: z.string().nullable(),
  origin: z.enum(['default', 'file', 'environment', 'flag']),
  /** The origin for a person: `default`, `conf.ini:3`, a variable, `command line`. */
  place: z.string(),
  description: z.string(),
  /** Null when the value is not a number. */
  unit: SettingUnit.nullable(),
  /** A change is in force when the program has been started again; else when the file is edited. */
  needsRestart: z.boolean(),
});
export type Setting = z.infer<typeof Setting>;

export const settings = {
  listSettings: endpoint({
    method: 'get',
    path: '/api/v1/settings',
    tag: 'Administration',
    summary: 'Every setting of this master with its value, where it comes from and what it does',
    access: 'admin',
    status: 200,
    response: z.object({ settings: z.array(Setting) }),
  }),
} as const;
