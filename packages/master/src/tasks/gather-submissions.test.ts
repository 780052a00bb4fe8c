import type { Task } from '@longshore/protocol';
import { expect, it } from 'vitest';
import { gatherSubmissions } from './gather-submissions.ts';
import type { Accepted, Submission } from './submit-task.ts';

const submission = (requestId: string) => ({ requestId }) as Submission;
const accepted = ({ requestId }: Submission): Accepted => ({ task: { title: requestId } as Task });
const lost = new Error('the connection is lost');
const gather = (accept: Parameters<typeof gatherSubmissions>[0]) =>
  gatherSubmissions(accept, (error) => error === lost);
const titleOf = (one: Accepted) => ('task' in one ? one.task.title : one.refused.code);

it('what comes in one turn is accepted together, and what comes meanwhile after it, each in its place', async () => {
  const batches: number[] = [];
  let opened = Promise.withResolvers<void>();
  const submit = gather(async (some) => {
    batches.push(some.length);
    await opened.promise;
    return some.map(accepted);
  });
  const first = ['a', 'b'].map((name) => submit(submission(name)));
  await new Promise(setImmediate);
  const then = ['c', 'd', 'e'].map((name) => submit(submission(name)));
  const { resolve } = opened;
  opened = Promise.withResolvers();
  resolve();
  expect((await Promise.all(first)).map(titleOf)).toEqual(['a', 'b']);
  opened.resolve();
  expect((await Promise.all(then)).map(titleOf)).toEqual(['c', 'd', 'e']);
  expect(batches).toEqual([2, 3]);
});

it('one that breaks something takes no other with it', async () => {
  const submit = gather(async (some) => {
    if (some.some(({ requestId }) => requestId === 'b')) throw new Error('broken');
    return some.map(accepted);
  });
  const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((name) => submit(submission(name))));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

it('what a database that was lost may have committed is not accepted again', async () => {
  const seen: string[] = [];
  const submit = gather(async (some) => {
    seen.push(...some.map(({ requestId }) => requestId));
    throw lost;
  });
  const outcomes = await Promise.allSettled(['a', 'b'].map((name) => submit(submission(name))));
  expect(outcomes).toMatchObject([{ reason: lost }, { reason: lost }]);
  expect(seen).toEqual(['a', 'b']);
});

it('what is held up by others is not waited for long', async () => {
  const submit = gather((some) =>
    some.some(({ requestId }) => requestId === 'stuck')
      ? new Promise(() => undefined)
      : Promise.resolve(some.map(accepted)),
  );
  void submit(submission('stuck'));
  await new Promise(setImmediate);
  expect(titleOf(await submit(submission('a')))).toBe('a');
});

it('of more than fit together all are accepted', async () => {
  const batches: number[] = [];
  const submit = gather(async (some) => {
    batches.push(some.length);
    return some.map(accepted);
  });
  const names = Array.from({ length: 600 }, (_, at) => String(at));
  const all = await Promise.all(names.map((name) => submit(submission(name))));
  expect(all.map(titleOf)).toEqual(names);
  expect(batches).toEqual([250, 250, 100]);
});
