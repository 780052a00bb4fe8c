export {
  AppError,
  type AppErrorOptions,
  ErrorBody,
  ErrorInfo,
  fromErrorInfo,
  toAppError,
  toErrorInfo,
} from './errors/app-error.ts';
export { type ErrorCode, type ErrorSpec, errorCatalogue, isErrorCode } from './errors/catalogue.ts';
export { headers } from './headers.ts';
export {
  BlobId,
  Count,
  FileId,
  GroupId,
  NodeId,
  PartId,
  SessionId,
  Sha256,
  TaskId,
  TokenId,
  UserId,
} from './ids.ts';
export { ArchivePassword } from './node-api/archive-password.ts';
export {
  Attempt,
  AttemptRef,
  Limits,
  Source,
  SourcePage,
  StoredEntries,
  Work,
  type WorkKind,
} from './node-api/attempt.ts';
export { BlobAccess, OutputAccess, StoredBlob } from './node-api/blob-access.ts';
export { CancelAnswer, CancelAttempts, Dispatch, DispatchAnswer } from './node-api/dispatch.ts';
export { ArchiveListEntry, ArchiveListing, ListArchive } from './node-api/list-archive.ts';
export { LogLine, maxLogLines } from './node-api/log-line.ts';
export { ConfigSetting, NodeConfig, SettingUnit } from './node-api/node-config.ts';
export {
  Capability,
  DiskSpace,
  GrantableCapability,
  Heartbeat,
  HeartbeatAnswer,
  Hello,
  HelloAnswer,
  NodeVitals,
  StoreDisk,
  TempDisk,
} from './node-api/node-status.ts';
export {
  Output,
  RejectedEntry,
  Report,
  ReportBatch,
  type ReportEvent,
  ReportVerdicts,
  Transferred,
} from './node-api/report.ts';
export { attemptRoute, masterRoutes, slaveRoutes } from './node-api/routes.ts';
export { CallbackAnswer, SelfTest, SelfTestAnswer } from './node-api/self-test.ts';
export {
  ConflictPolicy,
  CreateFormat,
  encryptableFormats,
  finalTaskStates,
  isFinalPartState,
  isFinalTaskState,
  Level,
  PartState,
  Progress,
  TaskKind,
  TaskPriority,
  TaskState,
} from './task.ts';
export { Password, UserName } from './user-api/account-values.ts';
export { ApiToken, accounts, Role, Session, TokenAccess, User } from './user-api/accounts.ts';
export { AuditAction, AuditEntry, audit } from './user-api/audit.ts';
export { cannotBeNode } from './user-api/cannot-be-node.ts';
export { describePlacement, describeWaiting } from './user-api/describe-placement.ts';
export {
  type Access,
  type Endpoint,
  type EndpointInput,
  type EndpointOutput,
  endpoint,
} from './user-api/endpoint.ts';
export { EventStreamHello, EventStreamQuery, eventsRoute, ServerEvent } from './user-api/events.ts';
export { Evidence } from './user-api/evidence.ts';
export { exactPattern } from './user-api/exact-pattern.ts';
export {
  FileEntry,
  fileBytesRoutes,
  files,
  UserPath,
  uploadHeaders,
  ZipLink,
  zipRoute,
} from './user-api/files.ts';
export { Group, GroupLimits, GroupName, groups } from './user-api/groups.ts';
export { health } from './user-api/health.ts';
export {
  HistorySpan,
  history,
  NodeHistory,
  NodeSeries,
  StatsHistory,
} from './user-api/history.ts';
export { NodeUrl } from './user-api/node-url.ts';
export {
  Node,
  NodeChoice,
  NodeHealth,
  NodeName,
  nodes,
  nodeTestRoute,
  TestStep,
  UnsavedNode,
  unsavedNodeTestRoute,
  Weight,
} from './user-api/nodes.ts';
export { oidc, oidcRoutes, signInErrorCookie } from './user-api/oidc.ts';
export { Passkey, passkeys } from './user-api/passkeys.ts';
export { Obstacle, PassedOver, Placement, Waiting } from './user-api/placement.ts';
export { OwnSession, SecondFactorCode, security, TwoFactor } from './user-api/security.ts';
export { Setting, settings } from './user-api/settings.ts';
export {
  AttemptEvent,
  AttemptEventKind,
  AttemptView,
  BatchResult,
  BulkResult,
  type FileTask,
  PartView,
  SubmitTask,
  Task,
  TaskDetail,
  TaskLogLine,
  tasks,
} from './user-api/tasks.ts';
export {
  formatProtocolVersion,
  negotiateProtocol,
  productVersion,
  protocolVersion,
} from './version.ts';
