import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createArchiveOutput } from './archive-output.ts';

const open = () => {
  const sink = new PassThrough({ highWaterMark: 1 });
  const stop = new AbortController();
  const output = createArchiveOutput({ sink, signal: stop.signal, beforeEnd: () => undefined });
  return { sink, stop, output };
};
const bytes = Buffer.from('more than is taken');

test('what is written waits until the sink has room', async () => {
  const { sink, output } = open();
  const writing = output.write(bytes);
  expect(sink.writableNeedDrain).toBe(true);
  sink.resume();
  await writing;
  expect(output.position).toBe(bytes.length);
});

test('nobody waits for a sink that was closed, or for one whose work was stopped', async () => {
  const closed = open();
  const writing = closed.output.write(bytes);
  closed.sink.destroy();
  await expect(writing).rejects.toMatchObject({ code: 'TRANSFER_FAILED' });
  await expect(closed.output.write(bytes)).rejects.toMatchObject({ code: 'TRANSFER_FAILED' });
  const stopped = open();
  const waiting = stopped.output.write(bytes);
  stopped.stop.abort('user');
  await expect(waiting).rejects.toBe('user');
});
