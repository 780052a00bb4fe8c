import type { ServerEvent, UserId } from '@longshore/protocol';

/** Stored, numbered and replayed. All other events are told once, to those who listen at the moment. */
export type DurableEvent = Extract<ServerEvent, { type: 'task' | 'task-deleted' }>;

/** An event on its way to the streams. */
export type Announcement = {
  /** Null for an event that is not stored. */
  readonly seq: number | null;
  /** Whose event it is; null for administrators. */
  readonly userId: string | null;
  readonly type: string;
  /** The event without its type, as JSON. */
  readonly data: string;
  /** A newer announcement with the same key makes this one worthless. Null for stored events: all of them count. */
  readonly key: string | null;
};

export const isDurable = (event: ServerEvent): event is DurableEvent =>
  event.type === 'task' || event.type === 'task-deleted';

export const dataOf = ({ type: _type, ...rest }: ServerEvent): string => JSON.stringify(rest);

export function toAnnouncement(
  userId: UserId | null,
  event: Exclude<ServerEvent, DurableEvent>,
): Announcement & { key: string } {
  const told = { seq: null, userId, type: event.type, data: dataOf(event) };
  switch (event.type) {
    case 'progress':
      return { ...told, key: `progress ${event.taskId}` };
    case 'files':
      return { ...told, key: `files ${userId} ${event.path}` };
    case 'node':
      return { ...told, key: `node ${event.node.id}` };
    default:
      return event satisfies never;
  }
}

/** Who reads a stream. */
export type Viewer = {
  readonly userId: string;
  readonly isAdmin: boolean;
  /** True for an administrator who watches the tasks of all users. */
  readonly everybody: boolean;
};

export function mayRead(viewer: Viewer, announcement: Pick<Announcement, 'userId' | 'type'>): boolean {
  if (announcement.userId === null) return viewer.isAdmin;
  if (announcement.userId === viewer.userId) return true;
  return viewer.isAdmin && viewer.everybody && announcement.type !== 'files';
}
