import { Readable } from 'node:stream';
import {
  AppError,
  type Attempt,
  attemptRoute,
  type BlobId,
  OutputAccess,
  type StoredBlob,
} from '@longshore/protocol';
import { type Clock, createBlobDigest } from '@longshore/runtime';
import { eventOrClose } from '../archive/event-or-close.ts';
import type { TransferMeter } from '../metrics/slave-metrics.ts';
import type { MasterLink } from '../report/master-link.ts';
import type { LocalStore } from '../storage/local-store.ts';
import type { BlobBody, BlobHttp } from './blob-http.ts';
import { blobUrl, isTicketError, toTransferError } from './remote-blob-source.ts';

/** Where the outputs of one attempt go. */
export type BlobSink = {
  /**
   * Stores bytes as a new blob and resolves when it survives a crash. Throws `NO_SPACE`, `STORAGE_FAILED`,
   * `TRANSFER_FAILED`, `CHECKSUM_MISMATCH`, `BUDGET_EXCEEDED`, or what the content fails with. `freeChunks` gives
   * the chunks of a stream away: each is freed as soon as it is stored, and nobody may look at it again.
   */
  store(
    content: Readable | Uint8Array,
    signal: AbortSignal,
    options?: { freeChunks: boolean },
  ): Promise<StoredBlob>;
};

/**
 * For how long a store may be silent at least that was sent everything. While it takes in what machines in between still
 * hold, megabytes on a slow link, and writes it to its disk, it is as quiet as a dead one; leases are kept by heartbeats
 * meanwhile.
 */
const leastAnswerMs = 30_000;

/** A ticket is renewed this long before its end: a big blob's ticket is checked when its bytes begin to flow. */
const renewBeforeMs = 120_000;

export function createBlobSink(options: {
  attempt: Attempt;
  link: MasterLink;
  stores: ReadonlyMap<string, LocalStore>;
  http: BlobHttp;
  clock: Clock;
  nextId: () => BlobId;
  meter: TransferMeter;
}): BlobSink {
  const { attempt, stores } = options;
  const store = stores.get(attempt.output.storeId);
  return store === undefined ? remoteSink(options) : localSink({ ...options, store });
}

function localSink(options: {
  store: LocalStore;
  attempt: Attempt;
  nextId: () => BlobId;
  meter: TransferMeter;
}): BlobSink {
  const { store, attempt, nextId, meter } = options;
  return {
    store: async (content, signal, options) => {
      const blobId = nextId();
      const onBytes = (bytes: number): void => meter.transferred({ direction: 'write', way: 'local', bytes });
      const facts = await store.write({ blobId, ref: attempt, content, onBytes, ...options }, signal);
      return { blobId, ...facts };
    },
  };
}

function remoteSink(options: {
  attempt: Attempt;
  link: MasterLink;
  http: BlobHttp;
  clock: Clock;
  nextId: () => BlobId;
  meter: TransferMeter;
}): BlobSink {
  const { attempt, link, http, clock, nextId, meter: transfers } = options;
  let output = attempt.output;
  let renewing: Promise<void> | undefined;

  const renew = (): Promise<void> => {
    renewing ??= link
      .call({
        path: attemptRoute('output', attempt),
        response: OutputAccess,
        requestId: attempt.requestId,
      })
      .then((fresh) => {
        output = fresh;
      })
      .finally(() => {
        renewing = undefined;
      });
    return renewing;
  };

  const put = (blobId: BlobId, body: BlobBody, signal: AbortSignal): Promise<StoredBlob> => {
    const { content } = body;
    const send = (baseUrl: string): Promise<StoredBlob> =>
      http.put(
        {
          url: blobUrl(`${output.url}/${blobId}`, baseUrl),
          ticket: output.ticket,
          patienceMs: link.patienceMs(),
          answerMs: Math.max(leastAnswerMs, link.patienceMs()),
          ...body,
        },
        signal,
      );
    // Bytes in memory can be sent to another address again, a stream that has begun cannot.
    return content instanceof Uint8Array ? link.reach(send) : send(link.currentUrl());
  };

  return {
    store: async (content, signal, options) => {
      if (content instanceof Readable) await somethingToSend(content, signal);
      if (output.expiresAtMs - clock.nowMs() < renewBeforeMs) await renew();
      const blobId = nextId();
      const sent = createBlobDigest();
      if (content instanceof Uint8Array) sent.add(content);
      const count = (bytes: number): void =>
        transfers.transferred({ direction: 'write', way: 'remote', bytes });
      const onChunk = (chunk: Uint8Array): void => {
        sent.add(chunk);
        count(chunk.length);
      };
      const body: BlobBody = content instanceof Uint8Array ? { content } : { content, onChunk, ...options };
      try {
        const stored = await put(blobId, body, signal).catch(async (error: unknown) => {
          if (!isTicketError(error) || !(content instanceof Uint8Array)) throw error;
          await renew();
          return await put(blobId, body, signal);
        });
        const ours = sent.facts();
        if (
          stored.sha256 !== ours.sha256 ||
          stored.sizeBytes !== ours.sizeBytes ||
          stored.blobId !== blobId
        ) {
          throw new AppError(
            'CHECKSUM_MISMATCH',
            `the store has other bytes than were sent as blob ${blobId}`,
          );
        }
        if (content instanceof Uint8Array) count(content.length);
        return stored;
      } catch (error) {
        if (content instanceof Readable) {
          content.destroy();
          if (content.errored !== null) throw content.errored;
        }
        signal.throwIfAborted();
        throw toTransferError(error);
      }
    },
  };
}

/**
 * Resolves with the first byte of a stream, or its end. What is made for minutes before anything of it can be sent, such as a
 * 7z, must not hold a request open meanwhile: servers give up a connection that says nothing.
 */
async function somethingToSend(content: Readable, signal: AbortSignal): Promise<void> {
  if (content.readableLength > 0 || content.readableEnded || content.destroyed) return;
  try {
    await eventOrClose(content, 'readable', signal);
  } catch (error) {
    content.destroy();
    throw error;
  }
}
