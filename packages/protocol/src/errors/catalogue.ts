/**
 * Every error Longshore can answer, keyed by its code. The code is the contract: it never changes meaning, and
 * throw sites choose nothing but the code and a message that names the object.
 *
 * - `status` is the HTTP status of an answer that carries the error.
 * - `retryable` says whether the same request can succeed later without a change.
 * - `blame` says whose fault it is: a task that fails for the node's own reasons moves to another node, one that
 *   fails for its input's reasons does not.
 * - `hint` is shown to the person and says what to do.
 *
 * `docs/errors.md` is generated from this table and a test holds both equal.
 */
export type ErrorSpec = {
  readonly status: number;
  readonly retryable: boolean;
  readonly blame: 'request' | 'input' | 'node' | 'system';
  readonly hint: string;
};

const request = (status: number, hint: string): ErrorSpec => ({
  status,
  retryable: false,
  blame: 'request',
  hint,
});
const input = (hint: string): ErrorSpec => ({ status: 422, retryable: false, blame: 'input', hint });
const node = (status: number, hint: string): ErrorSpec => ({ status, retryable: true, blame: 'node', hint });
const system = (status: number, hint: string): ErrorSpec => ({
  status,
  retryable: true,
  blame: 'system',
  hint,
});

export const errorCatalogue = {
  // requests
  BAD_REQUEST: request(400, 'Correct the named field and send the request again.'),
  BODY_TOO_LARGE: request(413, 'Send a smaller body, or upload the bytes as a file.'),
  LENGTH_MISMATCH: request(400, 'Send exactly as many bytes as Content-Length announces.'),
  HEADERS_TOO_LARGE: request(431, 'Send fewer or shorter headers.'),
  METHOD_NOT_ALLOWED: request(405, 'Use one of the methods in the Allow header.'),
  NOT_FOUND: request(404, 'Check the address against the API documentation at /api/docs.'),
  RANGE_NOT_SATISFIABLE: request(416, 'Ask for a range within the size given in Content-Range.'),
  PRECONDITION_FAILED: request(412, 'Read the object again and repeat the change on its current version.'),
  IDEMPOTENCY_MISMATCH: request(422, 'Use a new Idempotency-Key for a different request.'),
  RATE_LIMITED: {
    status: 429,
    retryable: true,
    blame: 'request',
    hint: 'Wait for the time given in Retry-After.',
  },
  CANCELED: request(409, 'Submit or retry the task when you want it done.'),
  INTERNAL: system(500, 'Look up the request id in the log of the program that answered, and report a bug.'),
  UNAVAILABLE: system(
    503,
    'Try again in a moment; the service is starting, stopping or waits for its database.',
  ),

  // accounts
  UNAUTHENTICATED: request(401, 'Sign in with `longshore login`, or send a valid API token.'),
  TOKEN_EXPIRED: request(401, 'Sign in again with `longshore login`.'),
  WRONG_CREDENTIALS: request(401, 'Check the user name and the password.'),
  SECOND_FACTOR_REQUIRED: request(401, 'Send the code of your authenticator app, or a recovery code, too.'),
  SECOND_FACTOR_WRONG: request(
    401,
    'Wait for the next code of your app; check the clock of the phone, or use a recovery code.',
  ),
  TWO_FACTOR_ON: request(409, 'Turn two-factor off first, to set it up again.'),
  SESSION_NOT_FOUND: request(404, 'Look at the list of your sessions again.'),
  PASSKEY_REFUSED: request(401, 'Begin again; passkeys belong to one address, that of [Site] PublicUrl.'),
  PASSKEY_NOT_FOUND: request(404, 'Look at the list of your passkeys again.'),
  OIDC_FAILED: request(401, 'Sign in once more; the log of the master says what was wrong.'),
  OIDC_NOT_LINKED: request(
    403,
    'Ask an administrator to let you in: `longshore users edit NAME --oidc-login LOGIN`.',
  ),
  OIDC_NOT_ALLOWED: request(403, 'Ask for a place in one of the groups that [OIDC] AllowedGroups names.'),
  OIDC_LOGIN_TAKEN: request(409, 'Take the login away from the other user first.'),
  OIDC_UNAVAILABLE: system(
    503,
    'Check that the identity provider runs, and [OIDC] Issuer in the configuration.',
  ),
  FORBIDDEN: request(403, 'Ask an administrator for the right to do this.'),
  WEAK_PASSWORD: request(400, 'Choose a password of at least 10 characters.'),
  USER_NOT_FOUND: request(404, 'List the users with `longshore users ls`.'),
  USER_EXISTS: request(409, 'Choose another user name.'),
  LAST_ADMIN: request(409, 'Make another user an administrator first.'),
  GROUP_NOT_FOUND: request(404, 'List the groups with `longshore groups ls`.'),
  GROUP_EXISTS: request(409, 'Choose another group name.'),
  GROUP_IN_USE: request(
    409,
    'Move its users to another group first: `longshore users edit NAME --group OTHER`.',
  ),
  GROUP_DEFAULT: request(
    409,
    'Make another group the default first: `longshore groups edit OTHER --default`.',
  ),
  TOKEN_NOT_FOUND: request(404, 'List your tokens with `longshore tokens ls`.'),
  QUOTA_EXCEEDED: {
    status: 413,
    retryable: false,
    blame: 'input',
    hint: 'Delete files, or ask an administrator for a larger quota.',
  },
  LIMIT_EXCEEDED: {
    status: 413,
    retryable: false,
    blame: 'input',
    hint: 'Choose fewer or smaller files, or ask an administrator for a higher limit of your group.',
  },

  // files
  NAME_INVALID: request(400, 'Use a name of 1 to 255 bytes without "/", NUL and control characters.'),
  PATH_INVALID: request(400, 'Use an absolute path such as /photos/2026.'),
  PATH_NOT_FOUND: request(404, 'List the folder with `longshore ls` to see what is there.'),
  PATH_EXISTS: request(409, 'Choose another name, or pass the conflict policy "rename" or "overwrite".'),
  NOT_A_FOLDER: request(409, 'Name a folder.'),
  IS_A_FOLDER: request(409, 'Name a file.'),
  FOLDER_INTO_ITSELF: request(409, 'Choose a destination outside the folder.'),
  UPLOAD_OFFSET_MISMATCH: request(409, 'Ask for the offset with HEAD and continue there.'),
  UPLOAD_NOT_FOUND: request(404, 'Start the upload again; unfinished uploads are dropped after a day.'),

  ZIP_EXPIRED: request(410, 'Make a new link; links to zips last a day, and the oldest of a user end first.'),

  // tasks
  TASK_NOT_FOUND: request(404, 'List your tasks with `longshore tasks ls`.'),
  TASK_FINAL: request(409, 'The task has ended; retry it to run it again.'),
  TASK_NOT_FINAL: request(409, 'Wait until the task has ended, or cancel it first.'),
  NO_NODE: system(503, 'Add or enable a node with this capability, or wait until one is online.'),
  NODE_NOT_ALLOWED: request(
    409,
    'Choose a node that is enabled and has this capability, or let Longshore choose.',
  ),
  TASK_TIMEOUT: node(504, 'Raise queue_slave_max_execution in the slave configuration, or split the task.'),
  ATTEMPTS_EXHAUSTED: {
    status: 500,
    retryable: false,
    blame: 'system',
    hint: 'Look at the errors of the attempts; the node each ran on is named there.',
  },
  LEASE_LOST: node(409, 'Nothing to do: another attempt owns this work now.'),
  SHUTTING_DOWN: node(503, 'Nothing to do: the work is given back and runs elsewhere.'),

  // nodes
  NODE_NOT_FOUND: request(404, 'List the nodes with `longshore nodes ls`.'),
  NODE_EXISTS: request(409, 'Choose another name or address: each node has its own.'),
  SLAVE_DUPLICATE: request(
    409,
    'Stop the slave that is refused, and register it as a node of its own, with its own secret and data folder; or change the address of the node to its.',
  ),
  NODE_IN_USE: request(409, 'Drain the node and wait until its tasks have ended, then delete it.'),
  NODE_EMBEDDED: request(409, 'The embedded node belongs to the master; disable it instead.'),
  NODE_CHANGED: request(409, 'Somebody else has edited this node; read it again and repeat your change.'),
  NODE_UNRESOLVABLE: node(
    502,
    'Correct the host name in the node URL, or the DNS of the machine that calls.',
  ),
  NODE_ADDRESS_REFUSED: node(
    502,
    'Give a name or an address of the machine itself; link-local, multicast and metadata addresses are never called.',
  ),
  NODE_REFUSED: node(502, 'Start the slave, and check the port in the node URL and the firewall.'),
  NODE_TIMEOUT: node(504, 'Check the firewall and the route between the two machines.'),
  NODE_DISCONNECTED: node(
    502,
    'The connection broke; look at the log of the other machine if it happens again.',
  ),
  NODE_TLS: node(
    502,
    'Give the slave, or the proxy in front of it, a valid certificate; one of your own authority is named to the master by [System] TrustedCertificates.',
  ),
  NODE_NOT_A_SLAVE: node(
    502,
    'Something else answers at this address; correct the node URL or the proxy in between.',
  ),
  NODE_IS_A_MASTER: node(
    502,
    'Give the address where ./slave listens on the machine of the node ([System] Listen there, port 5213 unless it says otherwise).',
  ),
  CALLBACK_FAILED: node(
    502,
    'Make an address of the master reachable from the slave ([Site] PublicUrl, InternalUrl).',
  ),
  CORS_REFUSED: node(
    502,
    'Name the origin in [CORS] AllowOrigins of the slave, and let proxies pass OPTIONS requests on.',
  ),
  TEMP_NOT_WRITABLE: node(500, 'Give the slave a writable temporary folder ([Slave] TempPath).'),

  // the wire between master and slave
  SIGNATURE_MISSING: request(401, 'Requests between master and slave must be signed; see docs/protocol.md.'),
  SIGNATURE_INVALID: request(401, 'The secret differs, or something between the machines changes requests.'),
  SIGNATURE_EXPIRED: request(401, 'The request was held back too long; check proxies between the machines.'),
  CLOCK_SKEW: request(401, 'Set the clock of the machine that is wrong, best with NTP.'),
  KEY_UNKNOWN: request(
    401,
    'The two have different secrets. One is shown only when it is made: make a new one with `longshore nodes rotate-key NAME` and put it into [Slave] Secret of conf.ini; the slave takes it without a restart.',
  ),
  REPLAYED: request(401, 'The same signed request came twice; sign each request anew.'),
  DIGEST_MISMATCH: request(
    400,
    'The body differs from its Content-Digest; check proxies between the machines.',
  ),
  VERSION_MISMATCH: request(426, 'Install the same major version on the master and on the slave.'),
  TICKET_INVALID: request(403, 'Ask for a new ticket; this one does not cover the request.'),
  TICKET_EXPIRED: request(403, 'Ask for a new ticket; this one is too old.'),

  // archives
  ARCHIVE_CORRUPT: input('The archive is damaged; fetch or create it again.'),
  ARCHIVE_TRUNCATED: input('The end of the archive is missing; upload or download it again.'),
  ARCHIVE_UNSUPPORTED: input('Convert the archive to a format listed in docs/archives.md.'),
  ARCHIVE_UNSAFE: input(
    'The archive holds names that leave the folder; extract with unsafe entries skipped.',
  ),
  PASSWORD_REQUIRED: input('Give the password of the archive.'),
  WRONG_PASSWORD: input('Give the right password of the archive.'),
  ENTRY_UNSAFE: input('The entry was not extracted; rename it in the archive if you trust it.'),
  ENTRY_CORRUPT: input('The entry is damaged; the other entries were not touched by it.'),
  ENTRY_UNSUPPORTED: input('Links and special files are not extracted.'),
  ENTRY_CONFLICT: input('Another entry of the archive has the same name.'),
  BUDGET_EXCEEDED: input(
    'The archive unpacks to more than is allowed; ask for a higher limit or select entries.',
  ),
  NOTHING_SELECTED: input('Correct the pattern; `longshore preview` lists what the archive holds.'),

  // storage and transfer
  BLOB_NOT_FOUND: node(404, 'Restore the folder of the store from its backup, or upload the file again.'),
  BLOB_CORRUPT: {
    status: 500,
    retryable: false,
    blame: 'system',
    hint: 'The stored bytes differ from their checksum; restore them from a backup or upload the file again.',
  },
  CHECKSUM_MISMATCH: node(422, 'Bytes were changed on the way; the transfer is tried again.'),
  SOURCE_CHANGED: input('A source was changed or deleted while it was read; submit the task again.'),
  TRANSFER_FAILED: node(502, 'Check the network between the machines; the transfer is tried again.'),
  NO_SPACE: node(507, 'Free space on the disk that is named, or choose another node.'),
  STORAGE_FAILED: node(500, 'Look at the disk that is named: the operating system reported an error.'),

  // starting a program
  CONFIG_INVALID: request(400, 'Correct what is named in the configuration.'),
  CONFIG_NOT_FOUND: request(404, 'Name an existing file with -c.'),
  PORT_IN_USE: request(409, 'Stop the program that uses the port, or choose another with --listen.'),
  ADDRESS_UNAVAILABLE: request(409, 'Listen on an address of this machine.'),
  DATA_DIR_NOT_WRITABLE: request(
    403,
    'Give this user write access to the folder, or choose another with --data.',
  ),
  DATA_DIR_IN_USE: request(409, 'Stop the program that uses the folder, or choose another with --data.'),
  STORE_MISMATCH: request(
    409,
    'Mount the one folder of stored bytes as `blobs` and `staging` in the data folder of every master. If it was restored or moved, bring its file `blobs/store.id` along, or write the named id there. For a new database, choose an empty data folder.',
  ),
  DATABASE_TOO_NEW: request(409, 'Install the newer version of Longshore again; a database cannot go back.'),
  DATABASE_UNAVAILABLE: system(
    503,
    'Start the database, and check the [Database] section of the configuration.',
  ),
} as const satisfies Record<string, ErrorSpec>;

export type ErrorCode = keyof typeof errorCatalogue;

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorCatalogue, code);
