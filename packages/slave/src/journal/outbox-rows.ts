import { type AttemptRef, type LogLine, Output, Report, type ReportEvent } from '@longshore/protocol';
import type Database from 'better-sqlite3';

export type OutboxRows = {
  /** For the master whose attempt it is. */
  insert(report: { ref: AttemptRef; sequence: number; event: ReportEvent; log?: readonly LogLine[] }): void;
  /** The oldest reports of a key, in order, up to a number and about a size. */
  oldest(keyId: string, limits: { count: number; bytes: number }): readonly OutboxRow[];
  remove(ordinals: readonly number[]): void;
  dropAttempt(ref: AttemptRef): void;
  /** The master of a key signs with another one now. */
  changeKey(from: string, to: string): void;
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
  read_bytes: number | null;
  written_bytes: number | null;
};

export function createOutboxRows(database: Database.Database): OutboxRows {
  const insert = database.prepare(
    `insert into outbox (key_id, part_id, attempt, sequence, event, log)
     select key_id, part_id, attempt, ?, ?, ? from attempts where part_id = ? and attempt = ?`,
  );
  const oldest = database.prepare<[string, number], StoredRow>(
    `select outbox.*, attempts.read_bytes, attempts.written_bytes
     from outbox left join attempts using (part_id, attempt)
     where outbox.key_id = ? order by outbox.ordinal limit ?`,
  );
  const remove = database.prepare(`delete from outbox where ordinal = ?`);
  const dropAttempt = database.prepare(`delete from outbox where part_id = ? and attempt = ?`);
  const changeKey = database.prepare(`update outbox set key_id = ? where key_id = ?`);
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
    insert: ({ ref, sequence, event, log = [] }) => {
      const lines = log.length === 0 ? null : JSON.stringify(log);
      insert.run(sequence, JSON.stringify(event), lines, ref.partId, ref.attempt);
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
        const transferred = { readBytes: row.read_bytes ?? 0, writtenBytes: row.written_bytes ?? 0 };
        const report = Report.parse({ partId, attempt, sequence, event, log, transferred });
        rows.push({ ordinal: row.ordinal, report });
      }
      return rows;
    },
    remove: (ordinals) => {
      for (const ordinal of ordinals) remove.run(ordinal);
    },
    dropAttempt: (ref) => {
      dropAttempt.run(ref.partId, ref.attempt);
    },
    changeKey: (from, to) => {
      changeKey.run(to, from);
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
