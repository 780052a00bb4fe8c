import { choice, path } from './value-types.ts';

/** The keys of `[System]` that mean the same in every program. */
export const systemKeys = {
  LogLevel: {
    type: choice('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    default: 'info',
    description: 'The least important lines that are logged.',
  },
  LogFormat: {
    type: choice('auto', 'json', 'pretty'),
    default: 'auto',
    description: 'JSON lines for machines, coloured text for a terminal, or whichever fits (`auto`).',
  },
  TrustedCertificates: {
    type: path(),
    description:
      'Certificates in PEM that are trusted besides the public ones when this program connects by HTTPS: your own authority, or a certificate that signs itself.',
  },
} as const;
