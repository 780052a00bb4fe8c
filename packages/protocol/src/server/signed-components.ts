import { headers as names } from '../headers.ts';

/** Components that every request between master and slave covers, in this order. */
export const requestComponents = [
  '@method',
  '@path',
  '@query',
  'content-digest',
  names.version,
  names.protocol,
  names.requestId,
] as const;

/** Components that every answer covers, in this order. `longshore-nonce` repeats the nonce of the request. */
export const responseComponents = [
  '@status',
  'content-digest',
  names.version,
  names.protocol,
  names.clock,
  names.nonce,
] as const;

/** The one label that our own programs give a signature. */
export const signatureLabel = 'sig';
