import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { AppError } from '@longshore/protocol';

export type CertificatePaths = {
  readonly certPath: string;
  readonly keyPath: string;
  /** Where the paths were written, for people. */
  readonly certPlace?: string;
  readonly keyPlace?: string;
};

const at = (place: string | undefined): string => (place === undefined ? '' : `${place}: `);

/** Reads a certificate and tries it, so that a wrong pair is known before a peer meets it. Throws `CONFIG_INVALID`. */
export function readCertificate(paths: CertificatePaths): { cert: Buffer; key: Buffer } {
  const { certPlace, keyPlace } = paths;
  const read = (key: string, path: string, place: string | undefined): Buffer => {
    try {
      return readFileSync(path);
    } catch (cause) {
      const reason = (cause as NodeJS.ErrnoException).code;
      throw new AppError('CONFIG_INVALID', `${at(place)}[SSL] ${key} = ${path} cannot be read (${reason})`, {
        cause,
      });
    }
  };
  const pair = {
    cert: read('CertPath', paths.certPath, certPlace),
    key: read('KeyPath', paths.keyPath, keyPlace),
  };
  try {
    createSecureContext(pair);
    return pair;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `${at(certPlace)}[SSL] ${paths.certPath} and ${paths.keyPath} are not a certificate and its key: ${reason}`;
    throw new AppError('CONFIG_INVALID', message, { cause });
  }
}
