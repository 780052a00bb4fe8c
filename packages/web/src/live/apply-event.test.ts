import { type Task, TaskId } from '@longshore/protocol';
import { QueryClient } from '@tanstack/react-query';
import { expect, test } from 'vitest';
import { applyEvent } from './apply-event.ts';

const me = { id: 'u', name: 'mara' } as Parameters<typeof applyEvent>[1];
const id = TaskId.parse('0198f2a0-0000-7000-8000-000000000001');

test('a page that shows a task which is deleted is told, and nobody else', () => {
  const client = new QueryClient();
  const task = { id } as Task;
  client.setQueryData(['tasks', {}], { pages: [{ tasks: [task], next: null }], pageParams: [null] });
  client.setQueryData(['task', id], task);
  client.setQueryData(['task-log', id], { lines: [], cursor: '0' });
  applyEvent(client, me, { type: 'task-deleted', taskId: id });
  expect(client.getQueryData(['task', id])).toBeNull();
  expect(client.getQueryData(['task-log', id])).toBeUndefined();
  expect(client.getQueryData(['tasks', {}])).toMatchObject({ pages: [{ tasks: [] }] });
  const other = TaskId.parse('0198f2a0-0000-7000-8000-000000000002');
  applyEvent(client, me, { type: 'task-deleted', taskId: other });
  expect(client.getQueryData(['task', other])).toBeUndefined();
  client.clear();
});
