import {
  ApiToken,
  ArchiveListEntry,
  AuditEntry,
  ErrorBody,
  ErrorInfo,
  FileEntry,
  Group,
  GroupLimits,
  Node,
  NodeVitals,
  PartView,
  Progress,
  RejectedEntry,
  Setting,
  Task,
  TaskDetail,
  User,
} from '@longshore/protocol';
import type { z } from 'zod';
import { TransferReport } from '../transfer/transfer-report.ts';

/** Shapes that several documents share, each shown once at the end of the reference. */
export const namedShapes: ReadonlyMap<z.ZodType, string> = new Map<z.ZodType, string>([
  [User, 'User'],
  [Group, 'Group'],
  [AuditEntry, 'AuditEntry'],
  [Setting, 'Setting'],
  [GroupLimits, 'GroupLimits'],
  [ApiToken, 'ApiToken'],
  [FileEntry, 'FileEntry'],
  [TransferReport, 'TransferReport'],
  [ArchiveListEntry, 'ArchiveListEntry'],
  [Task, 'Task'],
  [TaskDetail, 'TaskDetail'],
  [PartView, 'PartView'],
  [Progress, 'Progress'],
  [RejectedEntry, 'RejectedEntry'],
  [Node, 'Node'],
  [NodeVitals, 'NodeVitals'],
  [ErrorInfo, 'ErrorInfo'],
  [ErrorBody, 'ErrorBody'],
]);
