import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Attempt, Source, Work } from '@longshore/protocol';
import { blobPath } from '@longshore/runtime';
import { expect, onTestFinished } from 'vitest';
import { type FakeMaster, startFakeMaster } from './fake-master.ts';
import { dispatch, startTestSlave } from './start-test-slave.ts';
import { until } from './until.ts';

export const createZip = {
  kind: 'create-archive',
  format: 'zip',
  level: 'fast',
  password: null,
} as const satisfies Work;
export const files = new Map(
  Array.from({ length: 50 }, (_, at) => [
    `folder ${at % 5}/datei-ü-${at}.txt`,
    Buffer.alloc(at * 1000, `${at} `),
  ]),
);

/** A slave of its own that a master of its own has greeted; both end with the test. */
export async function together(fields: Parameters<typeof startTestSlave>[0] = {}) {
  const master = await startFakeMaster();
  onTestFinished(() => master.close());
  const slave = await startTestSlave(fields);
  await master.hello(slave.url);
  return { master, slave };
}

export const types = (master: FakeMaster, attempt: Attempt): string[] =>
  master.eventsOf(attempt).map(({ type }) => type);
export const isOver = (master: FakeMaster, attempt: Attempt) => (): boolean =>
  types(master, attempt).some((type) => ['completed', 'failed', 'canceled', 'returned'].includes(type));

/** Dispatches one attempt and resolves when it is over, however it ended. */
export async function run(
  master: FakeMaster,
  url: string,
  work: Work,
  sources: Source[],
  storeId = 'remote',
): Promise<Attempt> {
  const attempt = master.attempt(work, { storeId });
  master.setSources(attempt.partId, sources, 7);
  await dispatch(url, attempt);
  await until(`${work.kind} is over`, isOver(master, attempt));
  return attempt;
}

/** What an attempt has stored, by path, held against the digests it reported. */
export function outputBytes(
  master: FakeMaster,
  attempt: Attempt,
  storeRoot?: string,
): Map<string, Buffer | undefined> {
  const found = new Map<string, Buffer | undefined>();
  for (const output of master.outputsOf(attempt.partId).values()) {
    if (output.kind === 'folder') continue;
    const bytes =
      storeRoot === undefined
        ? master.blobs.get(output.blobId)
        : readFileSync(blobPath(storeRoot, output.blobId));
    expect(
      createHash('sha256')
        .update(bytes ?? '')
        .digest('hex'),
    ).toBe(output.sha256);
    found.set(output.path, bytes);
  }
  return found;
}
