import { NodeId, type Progress, type ServerEvent, TaskId, UserId } from '@longshore/protocol';
import type { DurableEvent } from '../events/announcement.ts';

export const newUserId = (): UserId => UserId.parse(crypto.randomUUID());

/** A stored event that carries a number in its title, to see order and gaps by. */
export const taskEvent = (number: number): DurableEvent => ({
  type: 'task',
  task: {
    id: TaskId.parse(crypto.randomUUID()),
    kind: 'create-archive',
    state: 'queued',
    user: 'ann',
    request: {},
    title: String(number),
    requestId: 'r',
    progress: sampleProgress,
    nodes: [],
    error: null,
    rejectedEntries: 0,
    outputs: [],
    retryOf: null,
    createdAtMs: 0,
    startedAtMs: null,
    finishedAtMs: null,
  },
});

const sampleProgress: Progress = {
  phase: 'working',
  bytesDone: 1,
  bytesTotal: 2,
  entriesDone: 0,
  entriesTotal: null,
};

export const progressEvent = (taskId: string, bytesDone: number): ServerEvent => ({
  type: 'progress',
  taskId: TaskId.parse(taskId),
  progress: { ...sampleProgress, bytesDone },
  bytesPerSecond: null,
  etaSeconds: null,
});

export const filesEvent = (path: string): ServerEvent => ({ type: 'files', path });

export const nodeEvent = (name: string): ServerEvent => ({
  type: 'node',
  node: {
    id: NodeId.parse(crypto.randomUUID()),
    name,
    type: 'slave',
    url: 'http://127.0.0.1:1',
    internalUrl: null,
    weight: 1,
    enabled: true,
    draining: false,
    quarantine: null,
    oldKey: null,
    capabilities: ['create-archive'],
    revision: 1,
    createdAtMs: 0,
    health: 'online',
    lastHeartbeatAgeMs: 0,
    skewMs: null,
    vitals: null,
    leasedParts: 0,
    picks: {},
    rival: null,
    recentErrors: [],
    lastError: null,
  },
});
