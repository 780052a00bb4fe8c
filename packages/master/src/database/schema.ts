import type {
  Capability,
  ErrorInfo,
  LogLine,
  Node,
  NodeVitals,
  PartState,
  Progress,
  TaskKind,
  TaskState,
} from '@longshore/protocol';
import type { Generated, GeneratedAlways } from 'kysely';

/** JSON kept as text. It was written by this program, so it is trusted when read back. */
type Json<_Value> = string;

/** 0 or 1: both databases have integers. */
type Flag = 0 | 1;

export type Schema = {
  meta: { key: string; value: string };
  user_groups: {
    id: string;
    name: string;
    /** The name in lower case: names that differ only in case are one group. */
    name_key: string;
    /** 1 for the one group that new users belong to. */
    is_default: Flag;
    /** Null in this and the limits below: only the settings of the master count. */
    quota_bytes: number | null;
    max_archive_bytes: number | null;
    max_extracted_bytes: number | null;
    max_entries: number | null;
    max_ratio: number | null;
    max_depth: number | null;
    max_running_tasks: number | null;
    may_choose_node: Flag;
    /** Ids of the only nodes that work for the group; null for all. */
    allowed_nodes: Json<string[]> | null;
    created_at_ms: number;
  };
  users: {
    id: string;
    name: string;
    /** The name in lower case: names that differ only in case are one user. */
    name_key: string;
    password_hash: string;
    role: 'admin' | 'user';
    group_id: string;
    disabled: Flag;
    password_change_required: Flag;
    /** The user's own quota; null for that of the group. */
    quota_bytes: number | null;
    used_bytes: number;
    /** The login at the identity provider that may become this user, or has. */
    oidc_login: string | null;
    /** Who has: null until the first sign-in. */
    oidc_issuer: string | null;
    oidc_subject: string | null;
    created_at_ms: number;
  };
  sessions: {
    id: string;
    user_id: string;
    created_at_ms: number;
    last_used_at_ms: number;
    expires_at_ms: number;
    address: string;
    user_agent: string;
  };
  /** The secret that a user shares with an authenticator app. */
  two_factor: {
    user_id: string;
    /** Encrypted with the master's own key. */
    secret_sealed: string;
    /** Null until a first code was confirmed. */
    enabled_at_ms: number | null;
    /** Of the last code that was accepted. */
    last_step: number;
  };
  passkeys: {
    /** The credential id, in base64url. */
    id: string;
    user_id: string;
    name: string;
    /** In COSE form, base64url. */
    public_key: string;
    /** Of signatures, where the authenticator counts; 0 where it does not. */
    counter: number;
    created_at_ms: number;
    last_used_at_ms: number | null;
  };
  /** Keyed digests of the codes that are left. */
  recovery_codes: { user_id: string; code_hash: string };
  api_tokens: {
    id: string;
    user_id: string;
    name: string;
    /** SHA-256 of the token; the token itself is random enough to need no slow hash. */
    token_hash: string;
    access: 'full' | 'read';
    created_at_ms: number;
    last_used_at_ms: number | null;
    expires_at_ms: number | null;
  };
  nodes: {
    id: string;
    name: string;
    name_key: string;
    type: 'embedded' | 'slave';
    url: string | null;
    internal_url: string | null;
    key_id: string;
    /** The shared secret, encrypted with the master's own key. */
    secret_sealed: string;
    /** The key before this one, while it is still accepted: until the time, or with null until the new one is used. */
    previous_key_id: string | null;
    previous_secret_sealed: string | null;
    previous_until_ms: number | null;
    weight: number;
    enabled: Flag;
    draining: Flag;
    capabilities: Json<Capability[]>;
    revision: number;
    created_at_ms: number;
    boot_id: string | null;
    last_heartbeat_ms: number | null;
    skew_ms: number | null;
    vitals: Json<NodeVitals> | null;
    last_error: Json<ErrorInfo> | null;
    /** Newest first, a few. */
    recent_errors: Generated<Json<Node['recentErrors']>>;
    /** Where another slave with the same secret was refused last, and when. */
    rival_address: string | null;
    rival_seen_ms: number | null;
    /** Parts that failed for the node's own reasons since its last success. */
    faults_in_a_row: Generated<number>;
    quarantine_reason: Json<ErrorInfo> | null;
    quarantined_at_ms: number | null;
    /** In quarantine: when one part may try the node, how long the pause was, and the part that tries. */
    probe_at_ms: number | null;
    probe_pause_ms: number | null;
    probe_part_id: string | null;
  };
  /** The counters of smooth weighted round-robin, one row per node and capability. */
  rotation: { capability: string; node_id: string; current_weight: number; picks: number };
  /**
   * Immutable bytes. `staged` blobs belong to an attempt or an upload that has not been published; `live` ones are
   * or were a file. Blobs that nothing refers to any more are purged.
   */
  blobs: {
    id: string;
    store_id: string;
    size_bytes: number;
    sha256: string;
    crc32: number;
    state: 'staged' | 'live';
    part_id: string | null;
    attempt: number | null;
    created_at_ms: number;
  };
  files: {
    id: string;
    user_id: string;
    /** Null for the root folder, of which every user has one. */
    parent_id: string | null;
    name: string;
    kind: 'file' | 'folder';
    blob_id: string | null;
    size_bytes: number;
    mode: number;
    modified_at_ms: number;
    created_at_ms: number;
  };
  uploads: {
    id: string;
    user_id: string;
    path: string;
    conflict: 'fail' | 'rename' | 'overwrite';
    size_bytes: number;
    offset_bytes: number;
    blob_id: string;
    store_id: string;
    mode: number;
    modified_at_ms: number | null;
    /** The file that the finished upload became. Until then its size is counted as used. */
    file_id: string | null;
    created_at_ms: number;
    expires_at_ms: number;
  };
  tasks: {
    id: string;
    user_id: string;
    kind: TaskKind;
    state: TaskState;
    /** The request without its password. */
    request: Json<Record<string, unknown>>;
    /** The archive password, encrypted; erased when the task ends. */
    password_sealed: string | null;
    title: string;
    request_id: string;
    /** Of the submit, so that what is done later belongs to its trace. */
    traceparent: string | null;
    idempotency_key: string | null;
    request_hash: string;
    /** 1 once the parts are made; until then the task waits for its plan. */
    planned: Flag;
    requested_node_id: string | null;
    destination: string;
    conflict: 'fail' | 'rename' | 'overwrite';
    error: Json<ErrorInfo> | null;
    rejected_entries: number;
    outputs: Json<string[]>;
    retry_of: string | null;
    created_at_ms: number;
    started_at_ms: number | null;
    finished_at_ms: number | null;
  };
  /** What a task reads, as it was when the task was submitted. Holds the blobs until the task ends. */
  task_sources: {
    task_id: string;
    ordinal: number;
    kind: 'file' | 'folder';
    path: string;
    modified_at_ms: number;
    mode: number;
    blob_id: string | null;
    size_bytes: number;
  };
  /** Links to selections of files as one zip, as they were when the link was made. */
  zips: {
    id: string;
    user_id: string;
    name: string;
    digest: string;
    entries: number;
    directory_offset: number;
    size_bytes: number;
    created_at_ms: number;
    expires_at_ms: number;
  };
  /** What is in a zip, by the offsets of its header and of its directory record. Holds the blobs until the link ends. */
  zip_entries: {
    zip_id: string;
    entry_offset: number;
    record_offset: number;
    kind: 'file' | 'folder';
    path: string;
    modified_at_ms: number;
    mode: number;
    blob_id: string | null;
    size_bytes: number;
  };
  parts: {
    id: string;
    task_id: string;
    user_id: string;
    ordinal: number;
    capability: Capability;
    requested_node_id: string | null;
    /** The work without the password. */
    work: Json<Record<string, unknown>>;
    state: PartState;
    node_id: string | null;
    /** Of the latest lease; the fencing token. 0 before the first. */
    attempt: number;
    lease_until_ms: number | null;
    /** 1 once the node has acknowledged the attempt. */
    delivered: Flag;
    not_before_ms: number;
    /** Nodes that failed this part for their own reasons; others are preferred. */
    avoid_nodes: Json<string[]>;
    /** Leases that were lost or given back. */
    lost_leases: number;
    progress: Json<Progress>;
    waiting_for: string | null;
    error: Json<ErrorInfo> | null;
    created_at_ms: number;
    /** Temporary space that the work needs before it can begin. */
    temp_bytes: Generated<number>;
    /** Among the parts of one user: higher ones first, 0 is normal. */
    priority: Generated<number>;
    /** Capability, chosen node, user and whether temporary space is needed: otherwise queued parts of one lane differ in priority and age. */
    lane: GeneratedAlways<string>;
  };
  attempts: {
    part_id: string;
    attempt: number;
    node_id: string;
    node_name: string;
    reason: string;
    state: 'leased' | 'running' | 'completed' | 'failed' | 'canceled' | 'lost' | 'returned' | 'undelivered';
    started_at_ms: number;
    ended_at_ms: number | null;
    error: Json<ErrorInfo> | null;
    /** The highest report sequence recorded, so that a repeated report changes nothing. */
    last_sequence: number;
    /** The highest sequence of a progress report, which decides of nothing but what progress is old. */
    progress_sequence: Generated<number>;
    read_bytes: Generated<number>;
    written_bytes: Generated<number>;
  };
  attempt_events: {
    id: Generated<number>;
    part_id: string;
    attempt: number;
    at_ms: number;
    event: string;
    error: Json<ErrorInfo> | null;
  };
  /** What nodes have logged about attempts, the last lines of each. */
  attempt_log: {
    id: Generated<number>;
    part_id: string;
    attempt: number;
    number: number;
    at_ms: number;
    level: LogLine['level'];
    message: string;
    fields: Json<LogLine['fields']>;
  };
  outputs: {
    part_id: string;
    entry_index: number;
    kind: 'file' | 'folder';
    path: string;
    modified_at_ms: number | null;
    mode: number | null;
    blob_id: string | null;
    size_bytes: number;
  };
  rejected_entries: {
    part_id: string;
    entry_index: number;
    name: string;
    code: string;
    message: string;
  };
  /** What browsers and command lines were told, kept for reconnecting clients. */
  events: {
    seq: Generated<number>;
    /** Null for events of administrators. */
    user_id: string | null;
    type: string;
    data: string;
    created_at_ms: number;
  };
  /** Outlives the users and objects that it names. */
  audit: {
    id: Generated<number>;
    at_ms: number;
    action: string;
    user_id: string | null;
    user_name: string | null;
    address: string;
    request_id: string;
    object_kind: string | null;
    object_id: string | null;
    object_name: string | null;
    before: Json<Record<string, unknown>> | null;
    after: Json<Record<string, unknown>> | null;
  };
  /**
   * How much was done in each stretch of time that begins at `at_ms`: one for each minute of the last hour and for each five
   * minutes of the last day. Queue and wait as they were at its end; in the longer ones the mean and the longest.
   */
  task_samples: {
    step_ms: number;
    at_ms: number;
    submitted: number;
    completed: number;
    failed: number;
    canceled: number;
    queued: number;
    running: number;
    oldest_wait_ms: number;
  };
  /** How each node was in the same stretches; `online` is the share of the time. The rest is null while it was not. */
  node_samples: {
    node_id: string;
    step_ms: number;
    at_ms: number;
    online: number;
    load1: number | null;
    cores: number | null;
    memory_free_bytes: number | null;
    memory_total_bytes: number | null;
    temp_free_bytes: number | null;
    temp_total_bytes: number | null;
    /** Of the store with the least room. */
    store_free_bytes: number | null;
    store_total_bytes: number | null;
    running: number | null;
    queued: number | null;
    skew_ms: number | null;
  };
  nonces: { key_id: string; nonce: string; until_ms: number };
};
