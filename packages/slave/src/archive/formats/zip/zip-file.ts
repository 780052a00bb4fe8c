import type { AppError } from '@longshore/protocol';
import type { Extraction } from '../../extraction.ts';
import type { SafeEntry } from '../../ports.ts';
import type { Encrypted } from './decrypt-entry.ts';
import type { LocatedEntry } from './local-header.ts';

/** An admitted entry with all that is needed to read it. */
export type ZipFile = LocatedEntry & { readonly entry: SafeEntry; readonly encryption: Encrypted | null };

export const refuse = (
  extraction: Extraction,
  { entry }: ZipFile,
  { code, message }: AppError,
): Promise<void> =>
  extraction.reject({ index: entry.index, name: entry.path }, code, `entry "${entry.path}" ${message}`);
