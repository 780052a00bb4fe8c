import { randomUUID } from 'node:crypto';
import { Group, type GroupLimits, Node, Task, User } from '@longshore/protocol';

const sampleLimits: GroupLimits = {
  quotaBytes: null,
  maxArchiveBytes: null,
  maxExtractedBytes: null,
  maxEntries: null,
  maxRatio: null,
  maxDepth: null,
  maxRunningTasks: null,
};

/** Objects as the master answers them, each with what a test says of it. */
export const sampleUser = (more: Partial<User> = {}): User =>
  User.parse({
    id: randomUUID(),
    name: 'ada',
    role: 'user',
    disabled: false,
    passwordChangeRequired: false,
    twoFactor: false,
    oidcLogin: null,
    oidcLinked: false,
    group: { id: '6d3e4b2a-0f5c-4c54-9c57-3c1f1a0b7e11', name: 'Users' },
    quotaBytes: null,
    limits: sampleLimits,
    usedBytes: 4096,
    createdAtMs: 1_700_000_000_000,
    ...more,
  });

export const sampleGroup = (more: Partial<Group> = {}): Group =>
  Group.parse({
    id: '6d3e4b2a-0f5c-4c54-9c57-3c1f1a0b7e11',
    name: 'Users',
    isDefault: true,
    limits: sampleLimits,
    mayChooseNode: true,
    allowedNodes: null,
    members: 2,
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
    rival: null,
    recentErrors: [],
    lastError: null,
    ...more,
  });
