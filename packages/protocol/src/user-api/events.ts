import { z } from 'zod';
import { TaskId } from '../ids.ts';
import { Progress } from '../task.ts';
import { Node } from './nodes.ts';
import { Task } from './tasks.ts';

/**
 * What `GET /api/v1/events` pushes as server-sent events; `event:` is the type, `data:` the JSON of the rest.
 * `task` events carry an `id:`: a client that reconnects with `Last-Event-ID` misses none of them. `progress`
 * supersedes the one before and is not replayed; after a reconnect the present progress is sent anew.
 * `files` names a folder whose content changed. `node` goes to administrators only.
 */
export const ServerEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('task'), task: Task }),
  z.object({
    type: z.literal('progress'),
    taskId: TaskId,
    progress: Progress,
    bytesPerSecond: z.number().nullable(),
    etaSeconds: z.number().nullable(),
  }),
  z.object({ type: z.literal('task-deleted'), taskId: TaskId }),
  z.object({ type: z.literal('files'), path: z.string() }),
  z.object({ type: z.literal('node'), node: Node }),
]);
export type ServerEvent = z.infer<typeof ServerEvent>;

export const eventsRoute = '/api/v1/events';
