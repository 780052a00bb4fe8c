import { currentLanguage } from './language.ts';
import { webHints } from './messages/web-hints.ts';

/** What to do about an error. The master's hint speaks of the command line where the console has something nearer. */
export function hintOf(error: { code: string; hint: string }): string {
  const own = webHints[error.code];
  return own?.[currentLanguage()] ?? error.hint;
}
