import { accessSync, constants, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AppError } from '@longshore/protocol';
import Database from 'better-sqlite3';

export type DataDirectoryLock = {
  /** The absolute path of the directory. */
  readonly directory: string;
  release(): void;
};

/**
 * Creates a directory when it is missing and keeps every other process of this machine out of it until `release`
 * or the end of this process, however that comes: the lock is SQLite's lock of an open file, which the operating
 * system drops with the process, so that nothing stale can stay behind. Never open `lock.db` in any other way
 * while it is held: on POSIX systems closing any handle of a file drops the locks of the whole process.
 *
 * Throws `DATA_DIR_IN_USE`, naming the other process where it is known, or `DATA_DIR_NOT_WRITABLE`.
 */
export function lockDataDirectory(path: string): DataDirectoryLock {
  const directory = resolve(path);
  prepare(directory);
  const connection = lock(directory);
  const holderFile = join(directory, holderFileName);
  try {
    writeFileSync(holderFile, `${process.pid}\n`);
  } catch (cause) {
    connection.close();
    throw notWritable(directory, cause);
  }
  held.add(connection);
  return {
    directory,
    release: () => {
      if (!held.delete(connection)) return;
      rmSync(holderFile, { force: true });
      connection.close();
    },
  };
}

/** A connection that nothing refers to is closed by the garbage collector, and its lock goes with it. */
const held = new Set<Database.Database>();

const lockFileName = 'lock.db';
/** Only for the message to the next one who comes: what it says is true only while the lock is held. */
const holderFileName = 'lock.pid';

function prepare(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw notWritable(directory, cause);
  }
}

function lock(directory: string): Database.Database {
  let connection: Database.Database | undefined;
  try {
    connection = new Database(join(directory, lockFileName), { timeout: 0 });
    connection.exec('BEGIN EXCLUSIVE');
    return connection;
  } catch (cause) {
    connection?.close();
    if (!(cause instanceof Database.SqliteError) || !cause.code.startsWith('SQLITE_BUSY')) {
      throw notWritable(directory, cause);
    }
    const pid = holder(directory);
    const who = pid === undefined ? 'another process' : `process ${pid}`;
    throw new AppError('DATA_DIR_IN_USE', `the folder ${directory} is used by ${who}`, {
      cause,
      details: { directory, ...(pid === undefined ? {} : { pid }) },
    });
  }
}

/** The process that holds the lock, as far as it is still seen from here. */
function holder(directory: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(directory, holderFileName), 'utf8'));
    if (!Number.isSafeInteger(pid) || pid < 1) return undefined;
    return isAlive(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function notWritable(directory: string, cause: unknown): AppError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AppError('DATA_DIR_NOT_WRITABLE', `the folder ${directory} cannot be used: ${reason}`, {
    cause,
  });
}
