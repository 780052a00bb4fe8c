import { z } from 'zod';
import { Count, TaskId } from '../ids.ts';
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

/**
 * Asked in the address. The header `Last-Event-ID` stands before `lastEventId`; without both the stream begins now.
 * `everybody` (administrators) includes the tasks of all users.
 */
export const EventStreamQuery = z.object({
  lastEventId: z.coerce.number().pipe(Count).optional(),
  everybody: z.stringbool().default(false),
});
export type EventStreamQuery = z.infer<typeof EventStreamQuery>;

/**
 * Data of the event `hello`, the first of every stream; its `id:` says after which event the stream goes on.
 * `missed`: events after the id that was given are no longer kept, so everything has to be read anew.
 */
export const EventStreamHello = z.object({ missed: z.boolean() });
export type EventStreamHello = z.infer<typeof EventStreamHello>;
