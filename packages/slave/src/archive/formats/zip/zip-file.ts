import type { AppError } from '@longshore/protocol';
import type { Extraction } from '../../extraction.ts';
import type { SafeEntry } from '../../ports.ts';
import type { LocatedEntry } from './local-header.ts';
import type { ZipEncryption } from './zip-record.ts';

/** An admitted entry with all that is needed to read it. */
export type ZipFile = LocatedEntry & { readonly entry: SafeEntry; readonly encryption: ZipEncryption };

export const refuse = (
  extraction: Extraction,
  { entry }: ZipFile,
  { code, message }: AppError,
): Promise<void> =>
  extraction.reject({ index: entry.index, name: entry.path }, code, `entry "${entry.path}" ${message}`);
