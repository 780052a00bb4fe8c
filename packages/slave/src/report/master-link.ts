import { AppError, type ArchivePassword, type Hello } from '@longshore/protocol';
import { type SigningKey, unsealText } from '@longshore/protocol/server';
import type { PeerCall, PeerClient } from '@longshore/runtime';
import type { z } from 'zod';

export type MasterCall<Schema extends z.ZodType> = Pick<
  PeerCall<Schema>,
  'path' | 'method' | 'query' | 'body' | 'response' | 'requestId'
> & {
  signal?: AbortSignal;
  /** How long to wait for the answer, where less than usual makes sense. */
  timeoutMs?: number;
};

const leastPatienceMs = 3_000;

/** The way to one master, over whichever of its addresses answers. */
export type MasterLink = {
  readonly keyId: string;
  /** A password that this master has sent, in plain text. Throws `BAD_REQUEST` when it was encrypted for another purpose. */
  openPassword(password: ArchivePassword | null, purpose: string): string | null;
  hello(): Hello;
  update(hello: Hello): void;
  /** For how long a connection to it may be silent in the middle of something: no longer than leases hold. */
  patienceMs(): number;
  /** Sends one signed request and verifies the answer. The caller owns retries. */
  call<Schema extends z.ZodType>(call: MasterCall<Schema>): Promise<z.output<Schema>>;
  /** The address that answered last, else the best. */
  currentUrl(): string;
  /** Tries `use` with each address until one can be reached, beginning with the last that could. */
  reach<Result>(use: (baseUrl: string) => Promise<Result>): Promise<Result>;
};

export function createMasterLink(options: {
  key: SigningKey;
  hello: Hello;
  peers: PeerClient;
  timeoutMs: number;
}): MasterLink {
  const { key, peers, timeoutMs } = options;
  let hello = options.hello;
  let preferred: string | undefined;

  const urls = (): string[] =>
    hello.masterUrls
      .map((url) => url.replace(/\/+$/, ''))
      .sort((a, b) => Number(b === preferred) - Number(a === preferred));

  /** A connection that died without a word is noticed while the leases hold: they last three heartbeats. */
  const patienceMs = (): number => Math.min(timeoutMs, Math.max(leastPatienceMs, 3 * hello.heartbeatMs));

  const reach: MasterLink['reach'] = async (use) => {
    let unreachable: unknown;
    for (const url of urls()) {
      try {
        const result = await use(url);
        preferred = url;
        return result;
      } catch (error) {
        if (!isUnreachable(error)) throw error;
        unreachable = error;
      }
    }
    throw unreachable;
  };

  return {
    keyId: key.keyId,
    openPassword: (password, purpose) =>
      password === null || typeof password === 'string'
        ? password
        : unsealText({ key, purpose }, password.sealed),
    hello: () => hello,
    update: (next) => {
      hello = next;
    },
    patienceMs,
    currentUrl: () => urls()[0] ?? '',
    reach,
    call: (call) =>
      reach(
        async (baseUrl) =>
          (await peers.call({ ...call, baseUrl, key, timeoutMs: call.timeoutMs ?? patienceMs() })).data,
      ),
  };
}

/** The address may be wrong or the way to it closed; another address of the same master may work. */
export const isUnreachable = (error: unknown): error is AppError =>
  error instanceof AppError && error.code.startsWith('NODE_');
