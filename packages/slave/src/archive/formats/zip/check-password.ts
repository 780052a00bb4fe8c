import { AppError } from '@longshore/protocol';
import type { ReadRequest } from '../../archive-format.ts';
import { readRange } from '../../read-range.ts';
import { encryptionBytes, openEncrypted } from './decrypt-entry.ts';
import { checkLocalHeader, localHeaderBytes } from './local-header.ts';
import type { ZipFile } from './zip-file.ts';

/** Tells a wrong password for the archive from a single entry that has another one or is damaged. */
export type PasswordCheck = {
  /** Throws `PASSWORD_REQUIRED`, or `WRONG_PASSWORD` when the first encrypted entry says so: nothing was stored yet. */
  before(firstEncrypted: ZipFile | null): Promise<void>;
  note(file: ZipFile, isDecoded: boolean): void;
  /** `WRONG_PASSWORD` when not one encrypted entry came out right. */
  after(): AppError | null;
};

export function createPasswordCheck({ source, password, signal }: ReadRequest): PasswordCheck {
  let right = 0;
  let wrong = 0;
  return {
    async before(first) {
      if (first === null || first.encryption === null) return;
      if (password === null) throw new AppError('PASSWORD_REQUIRED', 'the archive is encrypted');
      const start = first.headerOffset;
      const end = Math.min(first.limit, start + localHeaderBytes + 65_535 * 2);
      const bytes = await readRange(source, { start, end }, signal);
      const dataStart = checkLocalHeader(bytes, start, first);
      if (typeof dataStart === 'string') return;
      const { before } = encryptionBytes(first.encryption);
      const inFront = bytes.subarray(dataStart, dataStart + before);
      if (inFront.length === before && openEncrypted(first.encryption, password, inFront) === null) {
        throw wrongPassword();
      }
    },
    note({ encryption }, isDecoded) {
      if (encryption === null) return;
      if (isDecoded) right += 1;
      else wrong += 1;
    },
    after() {
      return wrong > 0 && right === 0 ? wrongPassword() : null;
    },
  };
}

const wrongPassword = (): AppError =>
  new AppError('WRONG_PASSWORD', 'the password does not open the archive');
