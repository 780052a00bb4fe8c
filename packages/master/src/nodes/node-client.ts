import {
  AppError,
  ArchiveListing,
  type ArchivePassword,
  type Attempt,
  type AttemptRef,
  CancelAnswer,
  DispatchAnswer,
  type Hello,
  HelloAnswer,
  type ListArchive,
  NodeConfig,
  SelfTestAnswer,
  slaveRoutes,
} from '@longshore/protocol';
import {
  archivePurpose,
  attemptPurpose,
  type Seal,
  type SigningKey,
  sealText,
} from '@longshore/protocol/server';
import type { PeerAnswer, PeerCall, PeerClient } from '@longshore/runtime';
import type { z } from 'zod';

/** Where and how to reach one node. */
export type NodePeer = {
  readonly nodeId: string;
  readonly name: string;
  readonly url: string;
  readonly key: SigningKey;
  /** During a rotation: the key that the node may have got meanwhile. */
  readonly nextKey: SigningKey | null;
  /** The minor version of the protocol that the node speaks, as far as is known. */
  readonly minor: number;
};

/** The calls a master makes to a slave. None retries; only a key that the node has given up is replaced by its next. */
export type NodeClient = {
  hello(peer: NodePeer, hello: Hello): Promise<PeerAnswer<HelloAnswer>>;
  dispatch(peer: NodePeer, attempts: Attempt[]): Promise<DispatchAnswer>;
  cancel(peer: NodePeer, attempts: (AttemptRef & { reason: 'user' | 'lease-lost' })[]): Promise<void>;
  listArchive(peer: NodePeer, request: ListArchive, requestId: string): Promise<ArchiveListing>;
  selfTest(peer: NodePeer, masterUrls: string[]): Promise<PeerAnswer<SelfTestAnswer>>;
  config(peer: NodePeer): Promise<NodeConfig>;
};

const quickMs = 5_000;
const selfTestMs = 20_000;
const listingMs = 60_000;

export function createNodeClient(
  client: PeerClient,
  keyUsed: (key: { nodeId: string; keyId: string }) => Promise<void>,
): NodeClient {
  const call = async <Schema extends z.ZodType>(
    peer: NodePeer,
    request: Omit<PeerCall<Schema>, 'baseUrl' | 'key' | 'body'> & {
      /** What to send, encrypted where it must be with the key that signs it. */
      body: (key: SigningKey) => unknown;
    },
  ): Promise<PeerAnswer<z.output<Schema>>> => {
    const { url: baseUrl, key, nextKey } = peer;
    const callWith = (used: SigningKey) =>
      client.call({ ...request, baseUrl, key: used, body: request.body(used) });
    try {
      return await callWith(key);
    } catch (error) {
      if (nextKey === null || !(error instanceof AppError) || error.code !== 'KEY_UNKNOWN') throw error;
      const answer = await callWith(nextKey);
      await keyUsed({ nodeId: peer.nodeId, keyId: nextKey.keyId });
      return answer;
    }
  };
  return {
    hello: (peer, body) =>
      call(peer, {
        path: slaveRoutes.hello,
        body: () => body,
        response: HelloAnswer,
        requestId: crypto.randomUUID(),
        timeoutMs: quickMs,
      }),
    dispatch: async (peer, attempts) => {
      const answer = await call(peer, {
        path: slaveRoutes.attempts,
        body: (key) => ({ attempts: attempts.map((attempt) => sayAttempt(peer, key, attempt)) }),
        response: DispatchAnswer,
        requestId: attempts[0]?.requestId ?? crypto.randomUUID(),
        timeoutMs: quickMs,
      });
      return answer.data;
    },
    cancel: async (peer, attempts) => {
      await call(peer, {
        path: slaveRoutes.cancel,
        body: () => ({ attempts }),
        response: CancelAnswer,
        requestId: crypto.randomUUID(),
        timeoutMs: quickMs,
      });
    },
    listArchive: async (peer, request, requestId) => {
      const answer = await call(peer, {
        path: slaveRoutes.listArchive,
        body: (key) => sealListing(peer, key, request),
        response: ArchiveListing,
        requestId,
        timeoutMs: listingMs,
      });
      return answer.data;
    },
    selfTest: (peer, masterUrls) =>
      call(peer, {
        path: slaveRoutes.selfTest,
        body: () => ({ masterUrls }),
        response: SelfTestAnswer,
        requestId: crypto.randomUUID(),
        timeoutMs: masterUrls.length === 0 ? quickMs : selfTestMs,
      }),
    config: async (peer) => {
      const answer = await call(peer, {
        path: slaveRoutes.config,
        method: 'GET',
        body: () => undefined,
        response: NodeConfig,
        requestId: crypto.randomUUID(),
        timeoutMs: quickMs,
      });
      return answer.data;
    },
  };
}

/** Since this minor version a slave opens passwords that were encrypted for it, and takes sources with an attempt. */
const sealingMinor = 1;
const sourcesMinor = 1;

function sealPassword(
  { minor }: NodePeer,
  seal: Seal,
  password: ArchivePassword | null,
): ArchivePassword | null {
  if (typeof password !== 'string' || minor < sealingMinor) return password;
  return { sealed: sealText(seal, password) };
}

/** An attempt as the version of the node has it. */
function sayAttempt(peer: NodePeer, key: SigningKey, attempt: Attempt): Partial<Attempt> {
  const { sources, traceparent, ...rest } = sealAttempt(peer, key, attempt);
  return peer.minor < sourcesMinor ? rest : { ...rest, sources, traceparent };
}

function sealAttempt(peer: NodePeer, key: SigningKey, attempt: Attempt): Attempt {
  const { work } = attempt;
  if (work.kind === 'check' || work.kind === 'join-archive') return attempt;
  const password = sealPassword(peer, { key, purpose: attemptPurpose(attempt) }, work.password);
  return { ...attempt, work: { ...work, password } };
}

const sealListing = (peer: NodePeer, key: SigningKey, request: ListArchive): ListArchive => ({
  ...request,
  password: sealPassword(
    peer,
    { key, purpose: archivePurpose(request.volumes[0]?.access.blobId ?? '') },
    request.password,
  ),
});
