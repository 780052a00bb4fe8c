import { type Task, TaskId } from '@longshore/protocol';
import { QueryClient, QueryObserver } from '@tanstack/react-query';
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

test('an answer that was on its way when a task has ended does not count it for ever', async () => {
  const client = new QueryClient();
  const task = { id, user: me.name, state: 'running' } as Task;
  const late = Promise.withResolvers<Task[]>();
  const answers = [async () => [task], () => late.promise, async () => []];
  const queryKey = ['active-tasks', false];
  const shown = new QueryObserver(client, { queryKey, queryFn: () => answers.shift()?.() });
  const leave = shown.subscribe(() => undefined);
  await expect.poll(() => shown.getCurrentResult().data).toEqual([task]);
  void client.invalidateQueries({ queryKey });
  applyEvent(client, me, { type: 'task', task: { ...task, state: 'completed' } });
  late.resolve([task]);
  await expect.poll(() => answers.length).toBe(0);
  await expect.poll(() => shown.getCurrentResult().fetchStatus).toBe('idle');
  expect(shown.getCurrentResult().data).toEqual([]);
  leave();
  client.clear();
});

test('an answer that was on its way when the task was deleted does not bring it back', async () => {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const task = { id: TaskId.parse('0198f2a0-0000-7000-8000-000000000003') } as Task;
  const late = Promise.withResolvers<Task>();
  const gone = new Error('TASK_NOT_FOUND');
  const answers = [async () => task, () => late.promise, () => Promise.reject(gone)];
  const shown = new QueryObserver(client, {
    queryKey: ['task', task.id],
    queryFn: () => answers.shift()?.(),
  });
  const leave = shown.subscribe(() => undefined);
  await expect.poll(() => shown.getCurrentResult().data).toEqual(task);
  void client.invalidateQueries({ queryKey: ['task', task.id] });
  applyEvent(client, me, { type: 'task-deleted', taskId: task.id });
  late.resolve(task);
  await expect.poll(() => shown.getCurrentResult().error).toBe(gone);
  expect(shown.getCurrentResult().data).toBeNull();
  leave();
  client.clear();
});
