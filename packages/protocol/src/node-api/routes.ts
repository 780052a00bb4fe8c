/**
 * Paths of the node protocol. Every request to `/slave/v1` and `/node/v1` is signed; `/blobs/v1` takes a ticket as
 * bearer token, because bulk bytes are proved by the digest both sides compute while they stream.
 */
export const slaveRoutes = {
  hello: '/slave/v1/hello',
  attempts: '/slave/v1/attempts',
  cancel: '/slave/v1/attempts/cancel',
  listArchive: '/slave/v1/archives/list',
  selfTest: '/slave/v1/self-test',
  config: '/slave/v1/config',
} as const;

/**
 * `heartbeat`, `reports`, `callback` and `output` (a fresh write ticket) are POST; `sources` (with `?cursor=` for a
 * further page) and `storedEntries` are GET. Of `blobs`, a node takes the addresses it was given.
 */
export const masterRoutes = {
  heartbeat: '/node/v1/heartbeat',
  reports: '/node/v1/reports',
  callback: '/node/v1/callback',
  sources: '/node/v1/parts/:partId/attempts/:attempt/sources',
  storedEntries: '/node/v1/parts/:partId/attempts/:attempt/stored-entries',
  output: '/node/v1/parts/:partId/attempts/:attempt/output',
  blobs: '/blobs/v1',
} as const;

export const attemptRoute = (
  route: 'sources' | 'storedEntries' | 'output',
  ref: { partId: string; attempt: number },
): string => masterRoutes[route].replace(':partId', ref.partId).replace(':attempt', String(ref.attempt));
