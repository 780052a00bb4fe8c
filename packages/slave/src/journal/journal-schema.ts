/**
 * The steps that bring a journal to the newest version, oldest first; `user_version` counts the steps taken.
 *
 * `attempts.body` is the dispatched attempt as JSON. It may hold an archive password, so it is null from the
 * moment the attempt is final. The row itself stays for a day, so that a late repetition of a dispatch is known.
 */
export const journalSchema: readonly string[] = [
  `
  create table attempts (
    ordinal integer primary key autoincrement,
    part_id text not null,
    attempt integer not null,
    key_id text not null,
    state text not null check (state in ('queued', 'running', 'waiting', 'final')),
    body text,
    tries integer not null default 0,
    executed_ms integer not null default 0,
    not_before_ms integer not null default 0,
    sequence integer not null default 0,
    log_lines integer not null default 0,
    final_at_ms integer,
    unique (part_id, attempt),
    check ((state = 'final') = (body is null))
  ) strict;
  create index attempts_unfinished on attempts (key_id) where state <> 'final';
  create index attempts_final on attempts (final_at_ms) where state = 'final';

  create table outbox (
    ordinal integer primary key autoincrement,
    key_id text not null,
    part_id text not null,
    attempt integer not null,
    sequence integer not null,
    event text not null,
    log text,
    unique (part_id, attempt, sequence)
  ) strict;
  create index outbox_by_key on outbox (key_id, ordinal);

  create table nonces (
    key_id text not null,
    nonce text not null,
    until_ms integer not null,
    primary key (key_id, nonce)
  ) strict, without rowid;
  create index nonces_by_time on nonces (until_ms);
  create table nonce_horizon (at_ms integer not null) strict;
  insert into nonce_horizon values (0);

  create table masters (
    key_id text primary key,
    hello text not null
  ) strict;
  `,
  `
  alter table attempts add column read_bytes integer not null default 0;
  alter table attempts add column written_bytes integer not null default 0;
  `,
];
