/** Header names of the node protocol, in the lower case in which they are signed. */
export const headers = {
  /** Product version of the sender, for people. */
  version: 'longshore-version',
  /** `major.minor` of the node protocol that the sender speaks. */
  protocol: 'longshore-protocol',
  /** Follows one user request through the master, the slave and back. */
  requestId: 'longshore-request-id',
  /** The clock of the machine that answers, in milliseconds since 1970. Answers only. */
  clock: 'longshore-clock',
  /** The nonce of the request that this answers, so that an answer cannot be given to another request. */
  nonce: 'longshore-nonce',
  /** SHA-256 of the bytes sent or received, in answers of blob endpoints. */
  blobSha256: 'longshore-blob-sha256',
} as const;
