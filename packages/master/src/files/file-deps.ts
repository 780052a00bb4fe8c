import type { Database } from '../database/open-database.ts';

/** What the operations on a user's tree need. */
export type FileDeps = {
  readonly database: Database;
  /** The content of a folder has changed; told after the change is committed. */
  readonly filesChanged: (userId: string, folderPath: string) => void;
};
