import { AppError, Attempt, Dispatch, type ListArchive } from '@longshore/protocol';
import { type SigningKey, signingKey, unsealText } from '@longshore/protocol/server';
import type { PeerClient } from '@longshore/runtime';
import { expect, test } from 'vitest';
import { createNodeClient, type NodePeer } from './node-client.ts';

const [oldKey, newKey] = [signingKey('the-key-in-use-0123456789'), signingKey('the-key-to-come-0123456789')];
const password = 'canary-password';

const peer: NodePeer = { nodeId: 'n', name: 'n', url: 'http://n', key: oldKey, nextKey: newKey, minor: 1 };

const attempt = Attempt.parse({
  partId: crypto.randomUUID(),
  attempt: 3,
  taskId: crypto.randomUUID(),
  requestId: 'r',
  work: { kind: 'create-archive', format: 'zip', level: 'normal', password },
  limits: { maxOutputBytes: 1, maxEntries: 1, maxEntryBytes: 1, maxRatio: 1, maxDepth: 1 },
  output: { storeId: 's', url: '/', ticket: 't', expiresAtMs: 1 },
  leaseMs: 1,
});

/** What the client hands over to be sent, to a node that knows only the new key. */
function sentBodies() {
  const sent: { key: SigningKey; body: unknown }[] = [];
  const http = {
    call: ({ key, body }: { key: SigningKey; body: unknown }) => {
      sent.push({ key, body });
      if (key === oldKey) throw new AppError('KEY_UNKNOWN', 'no');
      return Promise.resolve({ data: { results: [] }, skewMs: 0, durationMs: 0 });
    },
    close: () => undefined,
  } as unknown as PeerClient;
  return { sent, client: createNodeClient(http, () => Promise.resolve()) };
}

function passwordIn(body: unknown): unknown {
  const work = Dispatch.parse(body).attempts[0]?.work;
  return work?.kind === 'create-archive' ? work.password : undefined;
}

test('G12 a password is encrypted for its attempt, with whichever key signs the request', async () => {
  const { sent, client } = sentBodies();
  await client.dispatch(peer, [attempt]);
  expect(JSON.stringify(sent)).not.toContain(password);
  expect(sent.map(({ key }) => key)).toEqual([oldKey, newKey]);
  for (const { key, body } of sent) {
    const { sealed } = passwordIn(body) as { sealed: string };
    expect(unsealText({ key, purpose: `attempt ${attempt.partId} 3` }, sealed)).toBe(password);
  }
});

test('G12 the password for a listing is encrypted too', async () => {
  const { sent, client } = sentBodies();
  const volumes = [{ name: 'a.zip', access: { blobId: 'b' } }];
  await client.listArchive(peer, { volumes, password } as unknown as ListArchive, 'r');
  expect(JSON.stringify(sent)).not.toContain(password);
  const listing = sent[1]?.body as { password: { sealed: string } } | undefined;
  expect(unsealText({ key: newKey, purpose: 'archive b' }, listing?.password.sealed ?? '')).toBe(password);
});

test('a node of protocol 1.0 gets the plain text, which is all that it knows', async () => {
  const { sent, client } = sentBodies();
  await client.dispatch({ ...peer, minor: 0 }, [attempt]);
  expect(passwordIn(sent[0]?.body)).toBe(password);
});
