import { AppError, type ArchivePassword, type Hello } from '@longshore/protocol';
import { type SigningKey, unsealText } from '@longshore/protocol/server';
import type { PeerCall, PeerClient } from '@longshore/runtime';
import type { z } from 'zod';
import type { IsOwnKey } from './attempt-reports.ts';

export type MasterCall<Schema extends z.ZodType> = Pick<
  PeerCall<Schema>,
  'path' | 'method' | 'query' | 'body' | 'response' | 'requestId'
> & {
  signal?: AbortSignal;
  /** How long to wait for the answer, where less than usual makes sense. */
  timeoutMs?: number;
};

const leastPatienceMs = 3_000;

/**
 * How a link gets the key that took the place of its own. `find` asks the master at an address which of the keys it
 * knows, calls `replaceKey` with it, and answers whether there was one.
 */
export type KeyRenewal = {
  isValid(keyId: string): boolean;
  find(baseUrl: string): Promise<boolean>;
};

/** The way to one master, over whichever of its addresses answers. */
export type MasterLink = {
  /** Of the key in use. */
  readonly keyId: string;
  /** True for the key in use and those before it. */
  isOwnKey: IsOwnKey;
  replaceKey(key: SigningKey): void;
  /** Looks for the key that took the place of one that is not valid any more. Resolves in any case. */
  renewKey(): Promise<void>;
  /**
   * A password that this master has sent, in plain text. Throws `BAD_REQUEST` when it was encrypted for another purpose,
   * `LEASE_LOST` when that may be with a secret that nobody has any more.
   */
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
  renewal: KeyRenewal;
  /** Ids of keys before this one whose secrets are gone. */
  lostKeyIds: readonly string[];
}): MasterLink {
  const { peers, timeoutMs, renewal, lostKeyIds } = options;
  let { key } = options;
  const formerKeys: SigningKey[] = [];
  let renewing: Promise<boolean> | undefined;
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

  const renew = (baseUrl: string): Promise<boolean> => {
    renewing ??= renewal.find(baseUrl).finally(() => {
      renewing = undefined;
    });
    return renewing;
  };

  const unseal = (sealed: string, purpose: string): string => {
    for (const former of formerKeys) {
      try {
        return unsealText({ key: former, purpose }, sealed);
      } catch {
        // It came with another one.
      }
    }
    try {
      return unsealText({ key, purpose }, sealed);
    } catch (cause) {
      if (lostKeyIds.length === 0) throw cause;
      const message = 'the password of this attempt was encrypted with a secret that was replaced';
      throw new AppError('LEASE_LOST', message, { cause });
    }
  };

  return {
    get keyId() {
      return key.keyId;
    },
    isOwnKey: (keyId) =>
      keyId === key.keyId ||
      formerKeys.some((former) => former.keyId === keyId) ||
      lostKeyIds.includes(keyId),
    replaceKey: (next) => {
      if (next.keyId === key.keyId) return;
      formerKeys.push(key);
      key = next;
    },
    renewKey: async () => {
      if (renewal.isValid(key.keyId)) return;
      await reach(renew).catch(() => false);
    },
    openPassword: (password, purpose) =>
      password === null || typeof password === 'string' ? password : unseal(password.sealed, purpose),
    hello: () => hello,
    update: (next) => {
      hello = next;
    },
    patienceMs,
    currentUrl: () => urls()[0] ?? '',
    reach,
    call: (call) =>
      reach(async (baseUrl) => {
        const send = async (used: SigningKey) =>
          (await peers.call({ ...call, baseUrl, key: used, timeoutMs: call.timeoutMs ?? patienceMs() })).data;
        if (!renewal.isValid(key.keyId) && !(await renew(baseUrl))) {
          throw new AppError('KEY_UNKNOWN', 'the secret of this master was removed');
        }
        const used = key;
        try {
          return await send(used);
        } catch (error) {
          if (!(error instanceof AppError) || error.code !== 'KEY_UNKNOWN') throw error;
          // It was replaced while this request was under way.
          if (used === key && !(await renew(baseUrl))) throw error;
          return await send(key);
        }
      }),
  };
}

/** The address may be wrong or the way to it closed; another address of the same master may work. */
export const isUnreachable = (error: unknown): error is AppError =>
  error instanceof AppError && error.code.startsWith('NODE_');
