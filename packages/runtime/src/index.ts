export { type Clock, systemClock } from './lifecycle/clock.ts';
export { type Closers, createClosers } from './lifecycle/closers.ts';
export { createLogger, type Logger, type LogLevel } from './log/create-logger.ts';
export { toConnectionError } from './signed-http/connection-error.ts';
export {
  createPeerClient,
  type PeerAnswer,
  type PeerCall,
  type PeerClient,
} from './signed-http/peer-client.ts';
export { parseSigned, type SignedEnv, signedRequests } from './signed-http/signed-requests.ts';
export { blobPath, stagingPath } from './storage/blob-path.ts';
