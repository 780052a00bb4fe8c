import { randomUUID } from 'node:crypto';
import { Node, Task, User } from '@longshore/protocol';

/** Objects as the master answers them, each with what a test says of it. */
export const sampleUser = (more: Partial<User> = {}): User =>
  User.parse({
    id: randomUUID(),
    name: 'ada',
    role: 'user',
    disabled: false,
    passwordChangeRequired: false,
    quotaBytes: null,
    usedBytes: 4096,
    createdAtMs: 1_700_000_000_000,
    ...more,
  });

export const sampleTask = (more: Partial<Task> = {}): Task =>
  Task.parse({
    id: randomUUID(),
    kind: 'create-archive',
    state: 'running',
    user: 'ada',
    request: {},
    title: '/photos → /photos.zip',
    requestId: 'r',
    progress: { phase: 'working', bytesDone: 10, bytesTotal: 100, entriesDone: 1, entriesTotal: 2 },
    nodes: ['shed'],
    error: null,
    rejectedEntries: 0,
    outputs: [],
    retryOf: null,
    createdAtMs: 1_700_000_000_000,
    startedAtMs: 1_700_000_000_100,
    finishedAtMs: null,
    ...more,
  });

export const sampleNode = (more: Partial<Node> = {}): Node =>
  Node.parse({
    id: randomUUID(),
    name: 'shed',
    type: 'slave',
    url: 'http://127.0.0.1:5213',
    internalUrl: null,
    weight: 2,
    enabled: true,
    draining: false,
    quarantine: null,
    oldKey: null,
    capabilities: ['create-archive', 'extract-archive'],
    revision: 1,
    createdAtMs: 1_700_000_000_000,
    health: 'never-seen',
    lastHeartbeatAgeMs: null,
    skewMs: null,
    vitals: null,
    leasedParts: 0,
    picks: {},
    lastError: null,
    ...more,
  });
