import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { AppError } from '@longshore/protocol';

/** Reads a certificate and tries it, so that a wrong pair is known before a peer meets it. Throws `CONFIG_INVALID`. */
export function readCertificate(paths: { certPath: string; keyPath: string }): { cert: Buffer; key: Buffer } {
  const read = (key: string, path: string): Buffer => {
    try {
      return readFileSync(path);
    } catch (cause) {
      const reason = (cause as NodeJS.ErrnoException).code;
      throw new AppError('CONFIG_INVALID', `[SSL] ${key} = ${path} cannot be read (${reason})`, { cause });
    }
  };
  const pair = { cert: read('CertPath', paths.certPath), key: read('KeyPath', paths.keyPath) };
  try {
    createSecureContext(pair);
    return pair;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `[SSL] ${paths.certPath} and ${paths.keyPath} are not a certificate and its key: ${reason}`;
    throw new AppError('CONFIG_INVALID', message, { cause });
  }
}
