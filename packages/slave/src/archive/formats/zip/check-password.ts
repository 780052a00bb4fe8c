import { AppError } from '@longshore/protocol';
import type { ReadRequest } from '../../archive-format.ts';
import { readRange } from '../../read-range.ts';
import { encryptionBytes, openEncrypted } from './decrypt-entry.ts';
import { checkLocalHeader, localHeaderBytes } from './local-header.ts';
import type { ZipFile } from './zip-file.ts';

/** Tells a wrong password for the archive from a single entry that has another one or is damaged. */
export type PasswordCheck = {
  /** Throws `PASSWORD_REQUIRED`, or `WRONG_PASSWORD` when the first encrypted entry says so: nothing was stored yet. */
  before(files: readonly ZipFile[]): Promise<void>;
  note(file: ZipFile, isDecoded: boolean): void;
  /** Throws `WRONG_PASSWORD` when not one encrypted entry came out right. */
  after(): void;
};

export function createPasswordCheck({ source, password, signal }: ReadRequest): PasswordCheck {
  let right = 0;
  let wrong = 0;
  return {
    async before(files) {
      const first = files.find(({ encryption }) => encryption !== null);
      if (first === undefined || first.encryption === null) return;
      if (password === null) throw new AppError('PASSWORD_REQUIRED', 'the archive is encrypted');
      const start = first.headerOffset;
      const end = Math.min(first.limit, start + localHeaderBytes + 65_535 * 2);
      const bytes = await readRange(source, { start, end }, signal);
      const dataStart = checkLocalHeader(bytes, start, first);
      if (typeof dataStart === 'string') return;
      const { before } = encryptionBytes(first.encryption);
      const inFront = bytes.subarray(dataStart, dataStart + before);
      if (inFront.length === before && openEncrypted(first.encryption, password, inFront) === null) {
        throw new AppError('WRONG_PASSWORD', 'the password does not open the archive');
      }
    },
    note({ encryption }, isDecoded) {
      if (encryption === null) return;
      if (isDecoded) right += 1;
      else wrong += 1;
    },
    after() {
      if (wrong > 0 && right === 0)
        throw new AppError('WRONG_PASSWORD', 'the password does not open the archive');
    },
  };
}
