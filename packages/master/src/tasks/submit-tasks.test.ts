import { AppError, SubmitTask, type Task, UserId } from '@longshore/protocol';
import { describe, expect, it } from 'vitest';
import type { Submission } from './submit-task.ts';
import { type BatchSubmission, submitTasks } from './submit-tasks.ts';

const userId = UserId.parse(crypto.randomUUID());
const common: BatchSubmission = {
  userId,
  byAdmin: false,
  requestId: 'r',
  idempotencyKey: 'key',
  retryOf: null,
  by: { userId, userName: 'anna', address: '', requestId: 'r', userAgent: '' },
  traceparent: null,
};
const requests = ['/a', '/b', '/c'].map((source) =>
  SubmitTask.parse({ kind: 'extract-archive', source, destination: '/to' }),
);

describe('a batch of tasks', () => {
  it('answers each in its place, and one that is refused stops no other', async () => {
    const results = await submitTasks(
      async (submissions) =>
        submissions.map(({ request, idempotencyKey }) =>
          request.kind === 'extract-archive' && request.source === '/b'
            ? { refused: new AppError('PATH_NOT_FOUND', 'there is no /b') }
            : { task: { title: idempotencyKey } as Task },
        ),
      { requests, common },
    );
    expect(results.map(({ task, error }) => task?.title ?? error?.code)).toEqual([
      'key 0',
      'PATH_NOT_FOUND',
      'key 2',
    ]);
  });

  it('fails as a whole, after the last, when something is broken', async () => {
    let seen = 0;
    const accept = async (submissions: readonly Submission[]): Promise<never> => {
      await Promise.resolve();
      seen += submissions.length;
      throw new RangeError('broken');
    };
    const many = Array.from({ length: 100 }, () => requests).flat();
    await expect(submitTasks(accept, { requests: many, common })).rejects.toThrow('broken');
    expect(seen).toBe(300);
  });
});
