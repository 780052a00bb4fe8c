import { hintFor } from './language.ts';

/** What to do about an error. The master's hint is English, and speaks of the command line where the console has something nearer. */
export const hintOf = (error: { code: string; hint: string }): string => hintFor(error.code) ?? error.hint;
