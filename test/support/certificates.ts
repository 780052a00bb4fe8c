import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { tempFolder } from './programs.ts';

const openssl = async (...args: string[]): Promise<void> => {
  await promisify(execFile)('openssl', args);
};

export type Authority = {
  /** The certificate that others have to trust. */
  readonly certPath: string;
  /** Writes a new certificate for this machine, in place of one that is there. */
  issue(paths: { certPath: string; keyPath: string }): Promise<void>;
};

/** A private certificate authority, which nobody trusts by itself. */
export async function createAuthority(): Promise<Authority> {
  const folder = await tempFolder('authority');
  const own = { cert: join(folder, 'ca.pem'), key: join(folder, 'ca.key') };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await openssl(
    'req',
    '-x509',
    ...newKey,
    '-days',
    '2',
    '-subj',
    '/CN=Tests',
    '-keyout',
    own.key,
    '-out',
    own.cert,
  );
  const names = join(folder, 'names');
  await writeFile(names, 'subjectAltName = DNS:localhost, IP:127.0.0.1\n');
  return {
    certPath: own.cert,
    issue: async ({ certPath, keyPath }) => {
      const request = join(folder, 'request');
      await openssl('req', ...newKey, '-subj', '/CN=localhost', '-keyout', keyPath, '-out', request);
      const signed = ['-CA', own.cert, '-CAkey', own.key, '-CAcreateserial', '-days', '1', '-extfile', names];
      await openssl('x509', '-req', '-in', request, ...signed, '-out', certPath);
    },
  };
}
