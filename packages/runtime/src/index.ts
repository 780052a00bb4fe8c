export {
  type ConfigSpec,
  type ConfigValues,
  defineConfig,
  environmentName,
  type KeySpec,
  type SectionSpec,
} from './config/define-config.ts';
export { effectiveConfig } from './config/effective-config.ts';
export { metricsSection } from './config/metrics-section.ts';
export {
  type ConfigEntry,
  type ConfigOrigin,
  type ConfigOverrides,
  type ConfigReading,
  placeOf,
  readConfig,
} from './config/read-config.ts';
export { systemKeys } from './config/system-keys.ts';
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
export { createClientAddress } from './http/client-address.ts';
export { bearSilence } from './http/end-silent-bodies.ts';
export { type Listening, type ListenPlace, listen } from './http/listen.ts';
export { measureRequests } from './http/measure-requests.ts';
export { readCertificate } from './http/read-certificate.ts';
export { trustedNetworks } from './http/trusted-networks.ts';
export { type Clock, systemClock } from './lifecycle/clock.ts';
export { type Closers, createClosers } from './lifecycle/closers.ts';
export { endOnUncaught } from './lifecycle/end-on-uncaught.ts';
export { type DataDirectoryLock, lockDataDirectory } from './lifecycle/lock-data-directory.ts';
export { onStopSignals } from './lifecycle/stop-signals.ts';
export { createLogger, type LogFormat, type Logger, type LogLevel } from './log/create-logger.ts';
export { censored, redactUrls, secretFields } from './log/redact.ts';
export { releaseFreeMemory } from './memory/release-free-memory.ts';
export {
  type Counter,
  createMetrics,
  type Histogram,
  type Labels,
  type Metrics,
  metricsContentType,
  type Sample,
  secondsBuckets,
  waitBuckets,
} from './metrics/create-metrics.ts';
export { isSameToken } from './metrics/is-same-token.ts';
export { addProcessMetrics } from './metrics/process-metrics.ts';
export { type ProgramFlags, print, runProgram } from './program/run-program.ts';
export { trustCertificates } from './program/trust-certificates.ts';
export { toConnectionError } from './signed-http/connection-error.ts';
export { forgetIdleConnections } from './signed-http/forget-idle-connections.ts';
export { lookupNode, refuseAddresses } from './signed-http/lookup-node.ts';
export {
  createPeerClient,
  type PeerAnswer,
  type PeerCall,
  type PeerClient,
} from './signed-http/peer-client.ts';
export { answerSigned, parseSigned, type SignedEnv, signedRequests } from './signed-http/signed-requests.ts';
export { type BlobDigest, type BlobFacts, createBlobDigest } from './storage/blob-digest.ts';
export { blobPath, stagingPath } from './storage/blob-path.ts';
export { createFolderSync, type FolderSync, syncFolder } from './storage/folder-sync.ts';
export { freeChunk } from './storage/free-chunk.ts';
export { openStaged } from './storage/open-staged.ts';
export { exportTraces, type TraceExport } from './tracing/export-traces.ts';
export { startSpan, type TracedStep } from './tracing/start-span.ts';
