export {
  type ConfigSpec,
  type ConfigValues,
  defineConfig,
  environmentName,
  type KeySpec,
  type SectionSpec,
} from './config/define-config.ts';
export {
  type ConfigOrigin,
  type ConfigOrigins,
  type ConfigOverrides,
  type ConfigReading,
  readConfig,
} from './config/read-config.ts';
export {
  byteSize,
  choice,
  decimal,
  flag,
  integer,
  type ListenAddress,
  list,
  listenAddress,
  path,
  seconds,
  text,
  url,
  type ValueType,
} from './config/value-types.ts';
export { type Listening, listen } from './http/listen.ts';
export { type Clock, systemClock } from './lifecycle/clock.ts';
export { type Closers, createClosers } from './lifecycle/closers.ts';
export { type DataDirectoryLock, lockDataDirectory } from './lifecycle/lock-data-directory.ts';
export { onStopSignals } from './lifecycle/stop-signals.ts';
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
export { freeChunk } from './storage/free-chunk.ts';
