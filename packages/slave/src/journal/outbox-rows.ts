import { type AttemptRef, type LogLine, Output, Report, type ReportEvent } from '@longshore/protocol';
import type Database from 'better-sqlite3';

export type OutboxRows = {
  insert(report: {
    keyId: string;
    ref: AttemptRef;
    sequence: number;
    event: ReportEvent;
    log?: readonly LogLine[];
  }): void;
  /** The oldest reports of a key, in order, up to a number and about a size. */
  oldest(keyId: string, limits: { count: number; bytes: number }): readonly OutboxRow[];
  remove(ordinals: readonly number[]): void;
  dropAttempt(ref: AttemptRef): void;
  /** Positions of the outputs of an attempt that the master has not acknowledged. */
  outputIndices(ref: AttemptRef): readonly number[];
  /** The one of them at this position. */
  findOutput(ref: AttemptRef, index: number): Output | undefined;
  /** Reports of all keys. */
  count(): number;
  isEmpty(keyId: string): boolean;
  hasAfter(keyId: string, ordinal: number): boolean;
};

export type OutboxRow = { readonly ordinal: number; readonly report: Report };

type StoredRow = {
  ordinal: number;
  part_id: string;
  attempt: number;
  sequence: number;
  event: string;
  log: string | null;
};

export function createOutboxRows(database: Database.Database): OutboxRows {
  const insert = database.prepare(
    `insert into outbox (key_id, part_id, attempt, sequence, event, log) values (?, ?, ?, ?, ?, ?)`,
  );
  const oldest = database.prepare<[string, number], StoredRow>(
    `select ordinal, part_id, attempt, sequence, event, log from outbox where key_id = ? order by ordinal limit ?`,
  );
  const remove = database.prepare(`delete from outbox where ordinal = ?`);
  const dropAttempt = database.prepare(`delete from outbox where part_id = ? and attempt = ?`);
  const outputIndices = database
    .prepare<[string, number], number>(
      `select output.value ->> 'index' from outbox, json_each(outbox.event, '$.outputs') as output
       where part_id = ? and attempt = ? and outbox.event ->> 'type' = 'outputs'`,
    )
    .pluck(true);
  const findOutput = database
    .prepare<[string, number, number], string>(
      `select output.value from outbox, json_each(outbox.event, '$.outputs') as output
       where part_id = ? and attempt = ? and outbox.event ->> 'type' = 'outputs' and output.value ->> 'index' = ?`,
    )
    .pluck(true);
  const count = database.prepare<[], number>(`select count(*) from outbox`).pluck(true);
  const any = database.prepare(`select 1 from outbox where key_id = ? limit 1`);
  const after = database.prepare(`select 1 from outbox where key_id = ? and ordinal > ? limit 1`);
  return {
    insert: ({ keyId, ref, sequence, event, log = [] }) => {
      const lines = log.length === 0 ? null : JSON.stringify(log);
      insert.run(keyId, ref.partId, ref.attempt, sequence, JSON.stringify(event), lines);
    },
    oldest: (keyId, limits) => {
      const rows: OutboxRow[] = [];
      let bytes = 0;
      for (const row of oldest.iterate(keyId, limits.count)) {
        bytes += row.event.length + (row.log?.length ?? 0);
        if (rows.length > 0 && bytes > limits.bytes) break;
        const { part_id: partId, attempt, sequence } = row;
        const event: unknown = JSON.parse(row.event);
        const log: unknown = row.log === null ? undefined : JSON.parse(row.log);
        rows.push({ ordinal: row.ordinal, report: Report.parse({ partId, attempt, sequence, event, log }) });
      }
      return rows;
    },
    remove: (ordinals) => {
      for (const ordinal of ordinals) remove.run(ordinal);
    },
    dropAttempt: (ref) => {
      dropAttempt.run(ref.partId, ref.attempt);
    },
    outputIndices: (ref) => outputIndices.all(ref.partId, ref.attempt),
    findOutput: (ref, index) => {
      const found = findOutput.get(ref.partId, ref.attempt, index);
      return found === undefined ? undefined : Output.parse(JSON.parse(found));
    },
    hasAfter: (keyId, ordinal) => after.get(keyId, ordinal) !== undefined,
    count: () => count.get() ?? 0,
    isEmpty: (keyId) => any.get(keyId) === undefined,
  };
}
