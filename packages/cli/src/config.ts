import { homedir } from 'node:os';
import { join } from 'node:path';

/** What the environment says. The only place that reads it. */
export type Settings = {
  /** Address of the master, over the one of the session file. */
  readonly url: string | null;
  readonly token: string | null;
  readonly sessionFile: string;
  /** Where unfinished uploads of big files are remembered, one file each. */
  readonly uploadsFolder: string;
  /** Where the runtime keeps compiled code. */
  readonly compiledFolder: string;
  readonly color: 'auto' | 'never' | 'always';
};

export function readSettings(env: Record<string, string | undefined>): Settings {
  const home = env.HOME || homedir();
  const configFolder = join(env.XDG_CONFIG_HOME || join(home, '.config'), 'longshore');
  const stateFolder = join(env.XDG_STATE_HOME || join(home, '.local', 'state'), 'longshore');
  return {
    url: env.LONGSHORE_URL || null,
    token: env.LONGSHORE_TOKEN || null,
    sessionFile: join(configFolder, 'config.json'),
    uploadsFolder: join(stateFolder, 'uploads'),
    compiledFolder: join(env.XDG_CACHE_HOME || join(home, '.cache'), 'longshore', 'compiled'),
    color: env.NO_COLOR ? 'never' : env.FORCE_COLOR ? 'always' : env.TERM === 'dumb' ? 'never' : 'auto',
  };
}
