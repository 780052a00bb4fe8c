import { afterEach, describe, expect, it } from 'vitest';
import { type ArchiveThreads, createArchiveThreads, type ThreadShare } from './archive-threads.ts';

let threads: ArchiveThreads | undefined;
afterEach(() => threads?.close());

const encode = (share: ThreadShare, bytes: number, signal = new AbortController().signal) =>
  share.run(
    'encodeBlock',
    {
      literal: new Uint8Array(bytes),
      parts: [bytes],
      dictionaryBytes: 0,
      codec: 'deflate',
      level: 9,
      isLast: true,
    },
    { signal },
  );

describe('archive threads', () => {
  it('take turns between those who share them', async () => {
    threads = createArchiveThreads({ size: 1 });
    const [first, second] = [threads.share(), threads.share()];
    const order: string[] = [];
    const runs = [
      ...Array.from({ length: 6 }, (_, at) => encode(first, 200_000).then(() => order.push(`first ${at}`))),
      ...Array.from({ length: 3 }, (_, at) => encode(second, 200_000).then(() => order.push(`second ${at}`))),
    ];
    await Promise.all(runs);
    // The second comes last and still does not wait for all of the first.
    expect(order.indexOf('second 2')).toBeLessThan(order.indexOf('first 4'));
  });

  it('never begin what was canceled before its turn', async () => {
    threads = createArchiveThreads({ size: 1 });
    const share = threads.share();
    const stop = new AbortController();
    const running = encode(share, 500_000);
    const waiting = encode(share, 500_000, stop.signal);
    stop.abort('user');
    await expect(waiting).rejects.toBe('user');
    await expect(running).resolves.toMatchObject({ rawBytes: 500_000 });
    await expect(encode(share, 10, stop.signal)).rejects.toBe('user');
  });

  it('fail what runs and what waits when they are closed', async () => {
    threads = createArchiveThreads({ size: 1 });
    const share = threads.share();
    const all = Promise.allSettled([encode(share, 4_000_000), encode(share, 4_000_000)]);
    await threads.close();
    for (const settled of await all) expect(settled).toMatchObject({ reason: { code: 'SHUTTING_DOWN' } });
    await expect(encode(share, 10)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  it('say which file was changed while it was read', async () => {
    threads = createArchiveThreads({ size: 1 });
    const part = {
      path: import.meta.filename,
      start: 0,
      end: 10,
      fileBytes: 11,
      sha256: null,
      name: 'report.txt',
    };
    const work = {
      literal: new Uint8Array(0),
      parts: [part],
      dictionaryBytes: 0,
      codec: 'none' as const,
      level: 0,
      isLast: true,
    };
    const running = threads.share().run('encodeBlock', work, { signal: new AbortController().signal });
    await expect(running).rejects.toMatchObject({ code: 'SOURCE_CHANGED', message: /report\.txt/ });
  });
});
