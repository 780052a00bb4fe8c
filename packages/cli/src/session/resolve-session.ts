import type { Settings } from '../config.ts';
import { CommandError } from '../errors/command-error.ts';
import { masterUrl } from './master-url.ts';
import { readSession } from './session-file.ts';

export type ActiveSession = { readonly url: string; readonly token: string };

/**
 * The master to talk to and the token for it: the environment first, then the session file. A stored token goes to
 * no other master than the one that gave it.
 */
export async function resolveSession(settings: Settings): Promise<ActiveSession> {
  const fromEnvironment = settings.url === null ? null : masterUrl(settings.url);
  if (fromEnvironment !== null && settings.token !== null) {
    return { url: fromEnvironment, token: settings.token };
  }
  const stored = await readSession(settings.sessionFile);
  const url = fromEnvironment ?? stored?.url;
  if (url === undefined) throw CommandError.local('NOT_SIGNED_IN', 'no master is known yet');
  const token = settings.token ?? (stored?.url === url ? stored.token : undefined);
  if (token === undefined) {
    throw CommandError.local('NOT_SIGNED_IN', `not signed in to ${url}`, {
      hint: `Sign in with \`longshore login ${url} --user NAME\`, or set LONGSHORE_TOKEN.`,
    });
  }
  return { url, token };
}
