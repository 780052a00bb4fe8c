import { UserPath } from '@longshore/protocol';
import { CommandError } from './errors/command-error.ts';

/**
 * A path in the user's tree as people type it: "/" at the end and doubled ones do no harm. Names are stored in Unicode
 * NFC, so they are asked for in it.
 */
export const RemotePath = UserPath.transform((path) =>
  path
    .replace(/\/+/g, '/')
    .replace(/(.)\/$/, '$1')
    .normalize('NFC'),
);

/** The same for arguments that hold local and remote paths side by side. */
export function parseRemotePath(text: string): string {
  const parsed = RemotePath.safeParse(text);
  if (parsed.success) return parsed.data;
  throw CommandError.local('USAGE', `the remote path "${text}" is not absolute`, {
    hint: 'Remote paths start with "/", which is the root of your files.',
  });
}
