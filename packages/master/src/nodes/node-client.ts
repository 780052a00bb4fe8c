import type { Hello } from '@longshore/protocol';
import {
  ArchiveListing,
  type Attempt,
  type AttemptRef,
  CancelAnswer,
  DispatchAnswer,
  HelloAnswer,
  type ListArchive,
  SelfTestAnswer,
  slaveRoutes,
} from '@longshore/protocol';
import type { SigningKey } from '@longshore/protocol/server';
import type { PeerAnswer, PeerClient } from '@longshore/runtime';

/** Where and how to reach one node. */
export type NodePeer = {
  readonly nodeId: string;
  readonly name: string;
  readonly url: string;
  readonly key: SigningKey;
};

/** The calls a master makes to a slave. None retries. */
export type NodeClient = {
  hello(peer: NodePeer, hello: Hello): Promise<PeerAnswer<HelloAnswer>>;
  dispatch(peer: NodePeer, attempts: Attempt[]): Promise<DispatchAnswer>;
  cancel(peer: NodePeer, attempts: (AttemptRef & { reason: 'user' | 'lease-lost' })[]): Promise<void>;
  listArchive(peer: NodePeer, request: ListArchive, requestId: string): Promise<ArchiveListing>;
  selfTest(peer: NodePeer, masterUrls: string[]): Promise<PeerAnswer<SelfTestAnswer>>;
};

const quickMs = 5_000;
const selfTestMs = 20_000;
const listingMs = 60_000;

export function createNodeClient(client: PeerClient): NodeClient {
  const base = (peer: NodePeer) => ({ baseUrl: peer.url, key: peer.key });
  return {
    hello: (peer, body) =>
      client.call({
        ...base(peer),
        path: slaveRoutes.hello,
        body,
        response: HelloAnswer,
        requestId: crypto.randomUUID(),
        timeoutMs: quickMs,
      }),
    dispatch: async (peer, attempts) => {
      const answer = await client.call({
        ...base(peer),
        path: slaveRoutes.attempts,
        body: { attempts },
        response: DispatchAnswer,
        requestId: attempts[0]?.requestId ?? crypto.randomUUID(),
        timeoutMs: quickMs,
      });
      return answer.data;
    },
    cancel: async (peer, attempts) => {
      await client.call({
        ...base(peer),
        path: slaveRoutes.cancel,
        body: { attempts },
        response: CancelAnswer,
        requestId: crypto.randomUUID(),
        timeoutMs: quickMs,
      });
    },
    listArchive: async (peer, body, requestId) => {
      const answer = await client.call({
        ...base(peer),
        path: slaveRoutes.listArchive,
        body,
        response: ArchiveListing,
        requestId,
        timeoutMs: listingMs,
      });
      return answer.data;
    },
    selfTest: (peer, masterUrls) =>
      client.call({
        ...base(peer),
        path: slaveRoutes.selfTest,
        body: { masterUrls },
        response: SelfTestAnswer,
        requestId: crypto.randomUUID(),
        timeoutMs: selfTestMs,
      }),
  };
}
