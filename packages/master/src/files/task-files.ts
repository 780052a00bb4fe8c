import type { ConflictPolicy, UserId } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import type { SourceRow } from '../store/tasks/task-rows.ts';

/** A stored output of a task, ready to become a file or a folder. */
export type PublishableOutput = {
  readonly kind: 'file' | 'folder';
  /** Relative to the destination folder; empty for the archive that a task created. */
  readonly path: string;
  readonly blobId: string | null;
  readonly sizeBytes: number;
  readonly mode: number | null;
  readonly modifiedAtMs: number | null;
};

/** What tasks need of a user's files. Every call names the user: nothing of anybody else is ever found. */
export type TaskFiles = {
  /** Everything below the given paths, with paths relative to the parent of each. Throws `PATH_NOT_FOUND`. */
  collectSources(db: Db, userId: UserId, paths: readonly string[]): Promise<SourceRow[]>;
  /** One file to read. Throws `PATH_NOT_FOUND` or `IS_A_FOLDER`. */
  requireFile(db: Db, userId: UserId, path: string): Promise<SourceRow>;
  /** Throws when a file at this path could not be created: no such folder, or taken under the policy `fail`. */
  checkFileDestination(db: Db, userId: UserId, path: string, conflict: ConflictPolicy): Promise<void>;
  /** Throws when the path, or a part of it, is a file. */
  checkFolderDestination(db: Db, userId: UserId, path: string): Promise<void>;
  /**
   * Makes files of outputs, all in the caller's transaction: visible all at once or not at all. With one output
   * whose path is empty, `destination` is the file itself. Throws `PATH_EXISTS`, `QUOTA_EXCEEDED`,
   * `PATH_NOT_FOUND`. Answers the paths at the top of what was created, at most ten.
   */
  publishOutputs(
    tx: Db,
    publication: {
      userId: UserId;
      destination: string;
      conflict: ConflictPolicy;
      outputs: readonly PublishableOutput[];
    },
  ): Promise<string[]>;
};
