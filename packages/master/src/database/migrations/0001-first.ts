import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { DialectName } from '../dialect.ts';

/** The first schema. Text compares by bytes in both databases; sizes and times are 64-bit integers. */
export const first = (dialect: DialectName): Migration => ({
  async up(db: Kysely<unknown>) {
    const text = dialect === 'postgres' ? sql`text collate "C"` : sql`text`;
    const long = dialect === 'postgres' ? sql`bigint` : sql`integer`;
    const serial =
      dialect === 'postgres' ? sql`bigserial primary key` : sql`integer primary key autoincrement`;
    const run = (statement: ReturnType<typeof sql>) => statement.execute(db);

    if (dialect === 'postgres') {
      await run(sql`create or replace function now_ms() returns bigint language sql volatile as
        $$ select (extract(epoch from clock_timestamp()) * 1000)::bigint $$`);
    }
    await run(sql`create table meta (key ${text} primary key, value ${text} not null)`);
    await run(sql`create table user_groups (
      id ${text} primary key,
      name ${text} not null,
      name_key ${text} not null unique,
      is_default integer not null default 0,
      quota_bytes ${long},
      max_archive_bytes ${long},
      max_extracted_bytes ${long},
      max_entries ${long},
      max_ratio ${long},
      max_depth ${long},
      max_running_tasks ${long},
      may_choose_node integer not null default 1,
      allowed_nodes ${text},
      created_at_ms ${long} not null)`);
    await run(sql`create unique index user_groups_default on user_groups (is_default) where is_default = 1`);
    for (const [name, isDefault] of [
      ['Administrators', 0],
      ['Users', 1],
    ] as const) {
      await run(sql`insert into user_groups (id, name, name_key, is_default, created_at_ms)
        values (${crypto.randomUUID()}, ${name}, ${name.toLowerCase()}, ${isDefault}, now_ms())`);
    }
    await run(sql`create table users (
      id ${text} primary key,
      name ${text} not null,
      name_key ${text} not null unique,
      password_hash ${text} not null,
      role ${text} not null,
      group_id ${text} not null references user_groups (id),
      disabled integer not null default 0,
      password_change_required integer not null default 0,
      quota_bytes ${long},
      used_bytes ${long} not null default 0,
      oidc_login ${text} unique,
      oidc_issuer ${text},
      oidc_subject ${text},
      created_at_ms ${long} not null)`);
    // Not partial: SQLite prepares statements with joins anew each time when it has to compare their values with a condition.
    await run(sql`create unique index users_oidc on users (oidc_issuer, oidc_subject)`);
    await run(sql`create index users_group on users (group_id)`);
    await run(sql`create table sessions (
      id ${text} primary key,
      user_id ${text} not null references users (id) on delete cascade,
      created_at_ms ${long} not null,
      last_used_at_ms ${long} not null,
      expires_at_ms ${long} not null,
      address ${text} not null,
      user_agent ${text} not null)`);
    await run(sql`create index sessions_user on sessions (user_id)`);
    await run(sql`create table two_factor (
      user_id ${text} primary key references users (id) on delete cascade,
      secret_sealed ${text} not null,
      enabled_at_ms ${long},
      last_step ${long} not null)`);
    await run(sql`create table passkeys (
      id ${text} primary key,
      user_id ${text} not null references users (id) on delete cascade,
      name ${text} not null,
      public_key ${text} not null,
      counter ${long} not null,
      created_at_ms ${long} not null,
      last_used_at_ms ${long})`);
    await run(sql`create index passkeys_user on passkeys (user_id)`);
    await run(sql`create table recovery_codes (
      user_id ${text} not null references users (id) on delete cascade,
      code_hash ${text} not null,
      primary key (user_id, code_hash))`);
    await run(sql`create table api_tokens (
      id ${text} primary key,
      user_id ${text} not null references users (id) on delete cascade,
      name ${text} not null,
      token_hash ${text} not null unique,
      access ${text} not null,
      created_at_ms ${long} not null,
      last_used_at_ms ${long},
      expires_at_ms ${long})`);
    await run(sql`create index api_tokens_user on api_tokens (user_id)`);
    await run(sql`create table nodes (
      id ${text} primary key,
      name ${text} not null,
      name_key ${text} not null unique,
      type ${text} not null,
      url ${text},
      internal_url ${text},
      key_id ${text} not null unique,
      secret_sealed ${text} not null,
      previous_key_id ${text},
      previous_secret_sealed ${text},
      previous_until_ms ${long},
      weight integer not null,
      enabled integer not null,
      draining integer not null default 0,
      capabilities ${text} not null,
      revision integer not null default 0,
      created_at_ms ${long} not null,
      boot_id ${text},
      last_heartbeat_ms ${long},
      skew_ms double precision,
      vitals ${text},
      last_error ${text},
      recent_errors ${text} not null default '[]',
      rival_address ${text},
      rival_seen_ms ${long},
      faults_in_a_row integer not null default 0,
      quarantine_reason ${text},
      quarantined_at_ms ${long},
      probe_at_ms ${long},
      probe_pause_ms ${long},
      probe_part_id ${text})`);
    await run(sql`create unique index nodes_url on nodes (lower(url)) where type = 'slave'`);
    await run(sql`create unique index nodes_previous_key on nodes (previous_key_id)`);
    await run(sql`create table rotation (
      capability ${text} not null,
      node_id ${text} not null references nodes (id) on delete cascade,
      current_weight ${long} not null default 0,
      picks ${long} not null default 0,
      primary key (capability, node_id))`);
    await run(sql`create table blobs (
      id ${text} primary key,
      store_id ${text} not null,
      size_bytes ${long} not null,
      sha256 ${text} not null,
      crc32 ${long} not null,
      state ${text} not null,
      part_id ${text},
      attempt integer,
      created_at_ms ${long} not null)`);
    await run(sql`create index blobs_part on blobs (part_id, attempt) where part_id is not null`);
    await run(sql`create index blobs_staged on blobs (created_at_ms) where state = 'staged'`);
    await run(sql`create table files (
      id ${text} primary key,
      user_id ${text} not null references users (id) on delete cascade,
      parent_id ${text} references files (id) on delete cascade,
      name ${text} not null,
      kind ${text} not null,
      blob_id ${text} references blobs (id),
      size_bytes ${long} not null default 0,
      mode integer not null,
      modified_at_ms ${long} not null,
      created_at_ms ${long} not null)`);
    await run(sql`create unique index files_name on files (parent_id, name)`);
    await run(sql`create unique index files_root on files (user_id) where parent_id is null`);
    await run(sql`create index files_blob on files (blob_id)`);
    await run(sql`create index files_user on files (user_id)`);
    await run(sql`create table uploads (
      id ${text} primary key,
      user_id ${text} not null references users (id) on delete cascade,
      path ${text} not null,
      conflict ${text} not null,
      size_bytes ${long} not null,
      offset_bytes ${long} not null,
      blob_id ${text} not null,
      store_id ${text} not null,
      mode integer not null,
      modified_at_ms ${long},
      file_id ${text},
      created_at_ms ${long} not null,
      expires_at_ms ${long} not null)`);
    await run(sql`create index uploads_user on uploads (user_id)`);
    await run(sql`create table tasks (
      id ${text} primary key,
      user_id ${text} not null references users (id) on delete cascade,
      kind ${text} not null,
      state ${text} not null,
      request ${text} not null,
      password_sealed ${text},
      title ${text} not null,
      request_id ${text} not null,
      traceparent ${text},
      idempotency_key ${text},
      request_hash ${text} not null,
      planned integer not null default 0,
      requested_node_id ${text},
      destination ${text} not null,
      conflict ${text} not null,
      error ${text},
      rejected_entries ${long} not null default 0,
      outputs ${text} not null default '[]',
      retry_of ${text},
      created_at_ms ${long} not null,
      started_at_ms ${long},
      finished_at_ms ${long})`);
    await run(sql`create index tasks_finished on tasks (finished_at_ms) where finished_at_ms is not null`);
    await run(sql`create unique index tasks_idempotency on tasks (user_id, idempotency_key)
      where idempotency_key is not null`);
    await run(sql`create index tasks_user on tasks (user_id, created_at_ms)`);
    await run(sql`create index tasks_created on tasks (created_at_ms)`);
    await run(sql`create index tasks_open on tasks (created_at_ms) where state in ('queued', 'running')`);
    await run(sql`create index tasks_unplanned on tasks (created_at_ms) where planned = 0`);
    await run(sql`create table task_sources (
      task_id ${text} not null references tasks (id) on delete cascade,
      ordinal integer not null,
      kind ${text} not null,
      path ${text} not null,
      modified_at_ms ${long} not null,
      mode integer not null,
      blob_id ${text} references blobs (id),
      size_bytes ${long} not null,
      primary key (task_id, ordinal))`);
    await run(sql`create index task_sources_blob on task_sources (blob_id)`);
    await run(sql`create table zips (
      id ${text} primary key,
      user_id ${text} not null references users (id) on delete cascade,
      name ${text} not null,
      digest ${text} not null,
      entries integer not null,
      directory_offset ${long} not null,
      size_bytes ${long} not null,
      created_at_ms ${long} not null,
      expires_at_ms ${long} not null)`);
    await run(sql`create index zips_user on zips (user_id, created_at_ms)`);
    await run(sql`create table zip_entries (
      zip_id ${text} not null references zips (id) on delete cascade,
      entry_offset ${long} not null,
      record_offset ${long} not null,
      kind ${text} not null,
      path ${text} not null,
      modified_at_ms ${long} not null,
      mode integer not null,
      blob_id ${text} references blobs (id),
      size_bytes ${long} not null,
      primary key (zip_id, entry_offset))`);
    await run(sql`create index zip_entries_blob on zip_entries (blob_id)`);
    await run(sql`create table parts (
      id ${text} primary key,
      task_id ${text} not null references tasks (id) on delete cascade,
      user_id ${text} not null,
      ordinal integer not null,
      capability ${text} not null,
      requested_node_id ${text},
      work ${text} not null,
      state ${text} not null,
      node_id ${text},
      attempt integer not null default 0,
      lease_until_ms ${long},
      delivered integer not null default 0,
      not_before_ms ${long} not null default 0,
      avoid_nodes ${text} not null default '[]',
      lost_leases integer not null default 0,
      progress ${text} not null,
      waiting_for ${text},
      error ${text},
      created_at_ms ${long} not null,
      temp_bytes ${long} not null default 0,
      priority integer not null default 0,
      lane ${text} generated always as
        (capability || ' ' || coalesce(requested_node_id, '') || ' ' || user_id ||
          case when temp_bytes > 0 then ' temp' else '' end) stored)`);
    await run(sql`create index parts_task on parts (task_id, ordinal)`);
    await run(sql`create index parts_queued on parts (lane, priority desc, created_at_ms, task_id, ordinal)
      where state = 'queued'`);
    await run(
      sql`create index parts_held on parts (node_id, user_id, capability, temp_bytes)
        where state in ('leased', 'running', 'waiting')`,
    );
    await run(sql`create index parts_undelivered on parts (created_at_ms)
      where state = 'leased' and delivered = 0`);
    await run(sql`create table attempts (
      part_id ${text} not null references parts (id) on delete cascade,
      attempt integer not null,
      node_id ${text} not null,
      node_name ${text} not null,
      reason ${text} not null,
      state ${text} not null,
      started_at_ms ${long} not null,
      ended_at_ms ${long},
      error ${text},
      last_sequence ${long} not null default 0,
      progress_sequence ${long} not null default 0,
      read_bytes ${long} not null default 0,
      written_bytes ${long} not null default 0,
      primary key (part_id, attempt))`);
    await run(sql`create table attempt_events (
      id ${serial},
      part_id ${text} not null references parts (id) on delete cascade,
      attempt integer not null,
      at_ms ${long} not null,
      event ${text} not null,
      error ${text})`);
    await run(sql`create index attempt_events_part on attempt_events (part_id, id)`);
    await run(sql`create table attempt_log (
      id ${serial},
      part_id ${text} not null references parts (id) on delete cascade,
      attempt integer not null,
      number integer not null,
      at_ms ${long} not null,
      level ${text} not null,
      message ${text} not null,
      fields ${text} not null,
      unique (part_id, attempt, number))`);
    await run(sql`create table outputs (
      part_id ${text} not null references parts (id) on delete cascade,
      entry_index ${long} not null,
      kind ${text} not null,
      path ${text} not null,
      modified_at_ms ${long},
      mode integer,
      blob_id ${text},
      size_bytes ${long} not null,
      primary key (part_id, entry_index))`);
    await run(sql`create index outputs_blob on outputs (blob_id)`);
    await run(sql`create table rejected_entries (
      part_id ${text} not null references parts (id) on delete cascade,
      entry_index ${long} not null,
      name ${text} not null,
      code ${text} not null,
      message ${text} not null,
      primary key (part_id, entry_index))`);
    await run(sql`create table events (
      seq ${serial},
      user_id ${text},
      type ${text} not null,
      data ${text} not null,
      created_at_ms ${long} not null)`);
    await run(sql`create index events_created on events (created_at_ms)`);
    await run(sql`create table audit (
      id ${serial},
      at_ms ${long} not null,
      action ${text} not null,
      user_id ${text},
      user_name ${text},
      address ${text} not null,
      request_id ${text} not null,
      object_kind ${text},
      object_id ${text},
      object_name ${text},
      before ${text},
      after ${text})`);
    await run(sql`create index audit_at on audit (at_ms)`);
    await run(sql`create table task_samples (
      step_ms integer not null,
      at_ms ${long} not null,
      submitted integer not null,
      completed integer not null,
      failed integer not null,
      canceled integer not null,
      queued integer not null,
      running integer not null,
      oldest_wait_ms ${long} not null,
      primary key (step_ms, at_ms))`);
    await run(sql`create table node_samples (
      node_id ${text} not null references nodes (id) on delete cascade,
      step_ms integer not null,
      at_ms ${long} not null,
      online double precision not null,
      load1 double precision,
      cores integer,
      memory_free_bytes ${long},
      memory_total_bytes ${long},
      temp_free_bytes ${long},
      temp_total_bytes ${long},
      store_free_bytes ${long},
      store_total_bytes ${long},
      running double precision,
      queued double precision,
      skew_ms double precision,
      primary key (node_id, step_ms, at_ms))`);
    await run(sql`create table nonces (
      key_id ${text} not null,
      nonce ${text} not null,
      until_ms ${long} not null,
      primary key (key_id, nonce))`);
    await run(sql`create index nonces_until on nonces (until_ms)`);
  },
});
