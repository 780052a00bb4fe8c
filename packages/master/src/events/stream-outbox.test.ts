import { describe, expect, it } from 'vitest';
import { createStreamOutbox } from './stream-outbox.ts';

describe('the outbox of a stream', () => {
  const limits = { maxTexts: 3, maxLength: 100 };

  it('gives everything that waits at once, in order', async () => {
    const outbox = createStreamOutbox(limits);
    outbox.push('a');
    outbox.push('b');
    expect(await outbox.take()).toBe('ab');
    expect(outbox.isEmpty()).toBe(true);
  });

  it('wakes a reader that came before the text', async () => {
    const outbox = createStreamOutbox(limits);
    const taken = outbox.take();
    outbox.push('a');
    expect(await taken).toBe('a');
  });

  it('replaces a text by a newer one with the same key', async () => {
    const outbox = createStreamOutbox(limits);
    outbox.push('progress 1 ', 'progress');
    outbox.push('state ');
    outbox.push('progress 2 ', 'progress');
    expect(await outbox.take()).toBe('state progress 2 ');
  });

  it('says when it is full, by number and by length', () => {
    const byNumber = createStreamOutbox(limits);
    expect([1, 2, 3, 4].map((text) => byNumber.push(String(text)))).toEqual([true, true, true, false]);
    const byLength = createStreamOutbox(limits);
    expect(byLength.push('x'.repeat(100))).toBe(true);
    expect(byLength.push('y')).toBe(false);
  });

  it('takes one text of any length, so that no event is too long to be told', async () => {
    const outbox = createStreamOutbox(limits);
    expect(outbox.push('x'.repeat(1_000))).toBe(true);
    expect(outbox.isCrowded()).toBe(true);
    expect(await outbox.take()).toHaveLength(1_000);
    expect(outbox.isCrowded()).toBe(false);
  });

  it('is never filled by one thing that happens again and again', () => {
    const outbox = createStreamOutbox(limits);
    for (let count = 0; count < 1_000; count += 1) expect(outbox.push('x'.repeat(50), 'progress')).toBe(true);
  });

  it('gives what is left after it was closed, and then null', async () => {
    const outbox = createStreamOutbox(limits);
    outbox.push('last');
    outbox.close();
    outbox.push('too late');
    expect(await outbox.take()).toBe('last');
    expect(await outbox.take()).toBeNull();
  });

  it('frees a reader and a writer that wait when it is closed', async () => {
    const outbox = createStreamOutbox(limits);
    const taken = outbox.take();
    outbox.close();
    expect(await taken).toBeNull();
    const full = createStreamOutbox(limits);
    full.push('a');
    const drained = full.drained();
    full.close();
    await drained;
  });
});
