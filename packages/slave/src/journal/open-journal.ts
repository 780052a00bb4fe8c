import { join } from 'node:path';
import { AppError } from '@longshore/protocol';
import Database from 'better-sqlite3';
import { type AttemptRows, createAttemptRows } from './attempt-rows.ts';
import { createGroupCommit } from './group-commit.ts';
import { journalSchema } from './journal-schema.ts';
import { createMasterRows, type MasterRows } from './master-rows.ts';
import { createNonceRows, type NonceRows } from './nonce-rows.ts';
import { createOutboxRows, type OutboxRows } from './outbox-rows.ts';

/** What the slave must not forget: attempts taken, reports not yet acknowledged, masters, nonces. */
export type Journal = {
  readonly attempts: AttemptRows;
  readonly outbox: OutboxRows;
  readonly nonces: NonceRows;
  readonly masters: MasterRows;
  /**
   * Runs `work` in a transaction and resolves when its changes survive a power failure. Writes of the same turn
   * of the event loop share one transaction; one that throws takes back only its own changes.
   */
  write<Result>(work: () => Result): Promise<Result>;
  /**
   * The same, without waiting for the disk: the changes survive a crash of the program, and one of the machine only with
   * the next `write`. For what may be done again without harm.
   */
  note(work: (rows: { attempts: AttemptRows; outbox: OutboxRows }) => void): Promise<void>;
  /** Takes what was erased out of the write-ahead log too. */
  eraseTraces(): void;
  close(): void;
};

/** A restart numbers reports from here on, so that a progress report sent before it is never numbered again. */
const sequenceGap = 1000;

export function openJournal(folder: string): Journal {
  const file = join(folder, 'journal.db');
  const database = open(file, 'FULL');
  const version = Number(database.pragma('user_version', { simple: true }));
  if (version > journalSchema.length) {
    database.close();
    throw new AppError('DATABASE_TOO_NEW', `${file} was written by a newer version (schema ${version})`);
  }
  database.transaction(() => {
    for (const step of journalSchema.slice(version)) database.exec(step);
    database.pragma(`user_version = ${journalSchema.length}`);
    database.exec(`update attempts set sequence = sequence + ${sequenceGap} where state <> 'final'`);
  })();
  // Nonces and progress numbers survive a crash of the program, not of the machine: waiting for the disk once a
  // request would buy nothing, because a repeated dispatch is known by its attempt.
  const relaxed = open(file, 'NORMAL');
  const commits = createGroupCommit(database);
  const notes = createGroupCommit(relaxed);
  const noted = { attempts: createAttemptRows(relaxed, relaxed), outbox: createOutboxRows(relaxed) };
  return {
    attempts: createAttemptRows(database, relaxed),
    outbox: createOutboxRows(database),
    nonces: createNonceRows(relaxed),
    masters: createMasterRows(database),
    write: (work) => commits.write(work),
    note: (work) => notes.write(() => work(noted)),
    eraseTraces: () => {
      database.pragma('wal_checkpoint(TRUNCATE)');
    },
    close: () => {
      commits.flush();
      notes.flush();
      relaxed.close();
      database.close();
    },
  };
}

function open(file: string, synchronous: 'FULL' | 'NORMAL'): Database.Database {
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.pragma(`synchronous = ${synchronous}`);
  database.pragma('busy_timeout = 5000');
  // The bytes of an erased password are overwritten, not only unlinked.
  database.pragma('secure_delete = ON');
  return database;
}
