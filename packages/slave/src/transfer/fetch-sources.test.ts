import { signingKey } from '@longshore/protocol/server';
import { createPeerClient, systemClock } from '@longshore/runtime';
import { expect, onTestFinished, test } from 'vitest';
import { createMasterLink } from '../report/master-link.ts';
import { fakeSecret, startFakeMaster } from '../testing/fake-master.ts';
import { oneKey } from '../testing/one-key.ts';
import { type FetchedSource, fetchSources } from './fetch-sources.ts';

const never = new AbortController().signal;

async function pages(count: number, pageSize: number) {
  const master = await startFakeMaster();
  const peers = createPeerClient({ clock: systemClock, signatureTtlSeconds: 60 });
  onTestFinished(async () => {
    peers.close();
    await master.close();
  });
  const hello = { masterUrls: [master.url], heartbeatMs: 1000 } as Parameters<
    typeof createMasterLink
  >[0]['hello'];
  const link = createMasterLink({ key: signingKey(fakeSecret), hello, peers, timeoutMs: 2000, ...oneKey });
  const attempt = master.attempt({ kind: 'create-archive', format: 'zip', level: 'fast', password: null });
  const sources = Array.from({ length: count }, (_, at) =>
    master.addSource(`f${at}`, Buffer.from(`content ${at}`)),
  );
  master.setSources(attempt.partId, sources, pageSize);
  return { master, link, attempt, sources };
}

async function fetchAll(
  request: Pick<Parameters<typeof fetchSources>[0], 'link' | 'attempt'>,
): Promise<FetchedSource[]> {
  const all: FetchedSource[] = [];
  for await (const fetched of fetchSources({ ...request, signal: never })) all.push(fetched);
  return all;
}

test('sources of many pages come once each, in order, and the totals with the first', async () => {
  const { link, attempt, sources } = await pages(25, 10);
  const paths: string[] = [];
  const totals: number[] = [];
  const onTotals = ({ totalEntries }: { totalEntries: number }): void => void totals.push(totalEntries);
  for await (const { source } of fetchSources({ link, attempt, signal: never, onTotals }))
    paths.push(source.path);
  expect(paths).toEqual(sources.map(({ path }) => path));
  expect(totals).toEqual([25]);
});

test('a ticket is renewed from the page it came from, once for all who ask together', async () => {
  const { master, link, attempt } = await pages(25, 10);
  const fetched = await fetchAll({ link, attempt });
  master.ticket = 'the next ticket';
  let requests = 0;
  master.intercept = () => {
    requests += 1;
    return undefined;
  };
  const renewed = await Promise.all([12, 13].map(async (at) => fetched[at]?.renew(never)));
  expect(renewed.map((access) => access?.ticket)).toEqual(['the next ticket', 'the next ticket']);
  expect(renewed.map((access) => access?.blobId)).toEqual(
    [fetched[12], fetched[13]].map((entry) =>
      entry?.source.kind === 'file' ? entry.source.access.blobId : '',
    ),
  );
  expect(requests).toBe(1);
});

test('a source that was replaced is SOURCE_CHANGED when its ticket is renewed', async () => {
  const { master, link, attempt } = await pages(3, 10);
  const [first] = await fetchAll({ link, attempt });
  master.setSources(attempt.partId, [master.addSource('f0', Buffer.from('something else'))]);
  await expect(first?.renew(never)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
});

test('sources that came with the attempt are not asked for, and their tickets are renewed as ever', async () => {
  const { master, link, attempt, sources } = await pages(2, 10);
  let requests = 0;
  master.intercept = () => {
    requests += 1;
    return undefined;
  };
  const page = { sources, next: null, totalBytes: 18, totalEntries: 2 };
  const fetched = await fetchAll({ link, attempt: { ...attempt, sources: page } });
  expect(fetched.map(({ source }) => source)).toEqual(sources);
  expect(requests).toBe(0);
  master.ticket = 'the next ticket';
  expect(await fetched[1]?.renew(never)).toMatchObject({ ticket: 'the next ticket' });
  expect(requests).toBe(1);
});
