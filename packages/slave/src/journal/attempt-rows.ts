import { Attempt, type AttemptRef, type Transferred } from '@longshore/protocol';
import type Database from 'better-sqlite3';

export type AttemptRow = {
  readonly keyId: string;
  readonly attempt: Attempt;
  /** Executions begun so far. */
  readonly tries: number;
  /** Time spent in executions that ended. */
  readonly executedMs: number;
  /** Wall clock before which the next try must not begin; 0 for at once. */
  readonly notBeforeMs: number;
};

export type AttemptChange =
  | { readonly state: 'running' }
  | { readonly state: 'waiting'; readonly notBeforeMs: number; readonly executedMs: number }
  | { readonly state: 'final'; readonly atMs: number };

export type AttemptRows = {
  /** Attempts of a part that were ever accepted and not yet forgotten, the highest number first. */
  numbersOf(
    partId: string,
  ): readonly { readonly attempt: number; readonly final: boolean; readonly keyId: string }[];
  insert(keyId: string, attempt: Attempt): void;
  /** False when the attempt is unknown or final. */
  change(ref: AttemptRef, change: AttemptChange): boolean;
  /** The number of the next durable report. */
  nextSequence(ref: AttemptRef): number;
  /**
   * The numbers of progress reports, without waiting for the disk; the sums they carry are kept with them. Attempts
   * that are final get none.
   */
  nextProgressSequences(
    reports: readonly { readonly ref: AttemptRef; readonly transferred: Transferred }[],
  ): readonly (number | undefined)[];
  /** What the attempt has read and stored by what is known here. */
  transferred(ref: AttemptRef): { readBytes: number; writtenBytes: number };
  /** Changes nothing when there is nothing new to say. */
  saveTransferred(ref: AttemptRef, transferred: Transferred | null): void;
  /** Counts log lines of an attempt that were written or given up; answers the number of the last. */
  countLines(ref: AttemptRef, count: number): number;
  /** In the order in which they were accepted. */
  unfinished(): readonly AttemptRow[];
  /** Attempts of a key that are not final, or whose reports are not all acknowledged. */
  held(keyId: string): AttemptRef[];
  /** The key of the master that gave the attempt; undefined when it is unknown. */
  keyOf(ref: AttemptRef): string | undefined;
  isUnfinished(ref: AttemptRef): boolean;
  /** The master of a key signs with another one now. */
  changeKey(from: string, to: string): void;
  forgetFinalBefore(atMs: number): void;
};

type StoredRow = {
  key_id: string;
  body: string;
  tries: number;
  executed_ms: number;
  not_before_ms: number;
};

export function createAttemptRows(database: Database.Database, relaxed: Database.Database): AttemptRows {
  const numbersOf = database.prepare<[string], { attempt: number; final: 0 | 1; keyId: string }>(
    `select attempt, state = 'final' as final, key_id as keyId from attempts where part_id = ? order by attempt desc`,
  );
  const insert = database.prepare(
    `insert into attempts (part_id, attempt, key_id, state, body) values (?, ?, ?, 'queued', ?)`,
  );
  const begin = database.prepare(
    `update attempts set state = 'running', tries = tries + 1
     where part_id = ? and attempt = ? and state <> 'final'`,
  );
  const wait = database.prepare(
    `update attempts set state = 'waiting', not_before_ms = ?, executed_ms = ?
     where part_id = ? and attempt = ? and state <> 'final'`,
  );
  const finish = database.prepare(
    `update attempts set state = 'final', body = null, final_at_ms = ?
     where part_id = ? and attempt = ? and state <> 'final'`,
  );
  const nextSequence = database
    .prepare<[string, number], number>(
      `update attempts set sequence = sequence + 1 where part_id = ? and attempt = ? returning sequence`,
    )
    .pluck(true);
  const nextProgressSequence = relaxed
    .prepare<[number, number, string, number], number>(
      `update attempts set sequence = sequence + 1, read_bytes = ?, written_bytes = ?
       where part_id = ? and attempt = ? and state <> 'final' returning sequence`,
    )
    .pluck(true);
  const transferred = database.prepare<[string, number], { readBytes: number; writtenBytes: number }>(
    `select read_bytes as readBytes, written_bytes as writtenBytes from attempts where part_id = ? and attempt = ?`,
  );
  const saveTransferred = database.prepare(
    `update attempts set read_bytes = ?, written_bytes = ? where part_id = ? and attempt = ?`,
  );
  const countLines = database
    .prepare<[number, string, number], number>(
      `update attempts set log_lines = log_lines + ? where part_id = ? and attempt = ? returning log_lines`,
    )
    .pluck(true);
  const unfinished = database.prepare<[], StoredRow>(
    `select key_id, body, tries, executed_ms, not_before_ms from attempts
     where state <> 'final' order by ordinal`,
  );
  const held = database.prepare<[string, string], { partId: string; attempt: number }>(
    `select part_id as partId, attempt from attempts where key_id = ? and state <> 'final'
     union select part_id, attempt from outbox where key_id = ? limit 100000`,
  );
  const keyOf = database
    .prepare<[string, number], string>(`select key_id from attempts where part_id = ? and attempt = ?`)
    .pluck(true);
  const isUnfinished = database.prepare(
    `select 1 from attempts where part_id = ? and attempt = ? and state <> 'final'`,
  );
  const changeKey = database.prepare(`update attempts set key_id = ? where key_id = ?`);
  const forget = database.prepare(
    `delete from attempts where state = 'final' and final_at_ms < ? and not exists
       (select 1 from outbox where outbox.part_id = attempts.part_id and outbox.attempt = attempts.attempt)`,
  );
  return {
    numbersOf: (partId) => numbersOf.all(partId).map((row) => ({ ...row, final: row.final === 1 })),
    insert: (keyId, attempt) => {
      insert.run(attempt.partId, attempt.attempt, keyId, JSON.stringify(attempt));
    },
    change: (ref, change) => {
      switch (change.state) {
        case 'running':
          return begin.run(ref.partId, ref.attempt).changes > 0;
        case 'waiting':
          return (
            wait.run(change.notBeforeMs, Math.round(change.executedMs), ref.partId, ref.attempt).changes > 0
          );
        case 'final':
          return finish.run(change.atMs, ref.partId, ref.attempt).changes > 0;
        default:
          return change satisfies never;
      }
    },
    nextSequence: (ref) => required(ref, nextSequence.get(ref.partId, ref.attempt)),
    countLines: (ref, count) => required(ref, countLines.get(count, ref.partId, ref.attempt)),
    nextProgressSequences: relaxed.transaction(
      (reports: Parameters<AttemptRows['nextProgressSequences']>[0]) =>
        reports.map(({ ref, transferred: { readBytes, writtenBytes } }) =>
          nextProgressSequence.get(readBytes, writtenBytes, ref.partId, ref.attempt),
        ),
    ),
    transferred: (ref) => transferred.get(ref.partId, ref.attempt) ?? { readBytes: 0, writtenBytes: 0 },
    saveTransferred: (ref, sums) => {
      if (sums === null || sums.readBytes + sums.writtenBytes === 0) return;
      saveTransferred.run(sums.readBytes, sums.writtenBytes, ref.partId, ref.attempt);
    },
    unfinished: () =>
      unfinished.all().map((row) => ({
        keyId: row.key_id,
        attempt: Attempt.parse(JSON.parse(row.body)),
        tries: row.tries,
        executedMs: row.executed_ms,
        notBeforeMs: row.not_before_ms,
      })),
    held: (keyId) => held.all(keyId, keyId) as AttemptRef[],
    keyOf: (ref) => keyOf.get(ref.partId, ref.attempt),
    isUnfinished: (ref) => isUnfinished.get(ref.partId, ref.attempt) !== undefined,
    changeKey: (from, to) => {
      changeKey.run(to, from);
    },
    forgetFinalBefore: (atMs) => {
      forget.run(atMs);
    },
  };
}

function required(ref: AttemptRef, found: number | undefined): number {
  if (found === undefined) throw new Error(`attempt ${ref.attempt} of ${ref.partId} is not in the journal`);
  return found;
}
