import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { AppError } from '@longshore/protocol';

const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Makes every HTTPS connection of this process trust the certificates of a file too, besides those it trusts already.
 * Throws `CONFIG_INVALID`.
 */
export function trustCertificates(file: string, place: string): void {
  const refuse = (reason: string, cause?: unknown): AppError =>
    new AppError('CONFIG_INVALID', `${place}: [System] TrustedCertificates = ${file} ${reason}`, { cause });
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw refuse(`cannot be read (${(cause as NodeJS.ErrnoException).code})`, cause);
  }
  const certificates = text.match(pem) ?? [];
  if (certificates.length === 0) throw refuse('holds no certificate in PEM');
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch (cause) {
    throw refuse('holds something else than certificates', cause);
  }
  setDefaultCACertificates([...getCACertificates('default'), ...certificates]);
}
