import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError, type BlobAccess, type ErrorCode } from '@longshore/protocol';
import type { ByteRange, ByteSource } from '../archive/ports.ts';
import type { TransferMeter } from '../metrics/slave-metrics.ts';
import { isUnreachable, type MasterLink } from '../report/master-link.ts';
import { backoffMs } from '../timing/backoff.ts';
import type { BlobHttp } from './blob-http.ts';
import { verifiedBytes } from './verified-bytes.ts';

/** Reading stops after so many failures in a row without a single byte in between. */
const maxFailures = 4;
const retryPolicy = { delayMs: 100, factor: 3, maxMs: 3000 };
const bufferBytes = 1024 * 1024;

/** A blob that another machine serves. */
export function remoteBlobSource(options: {
  access: BlobAccess;
  link: MasterLink;
  http: BlobHttp;
  /** Asks for a fresh ticket of the same blob; null where there is none to be had. */
  renew: ((signal: AbortSignal) => Promise<BlobAccess>) | null;
  meter: TransferMeter;
}): ByteSource {
  const { sizeBytes } = options.access;
  let { access } = options;

  async function* read({ start, end }: ByteRange, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    let offset = start;
    let failures = 0;
    while (offset < end) {
      try {
        for await (const chunk of await request({ start: offset, end }, signal)) {
          offset += chunk.length;
          if (offset > end)
            throw new AppError('TRANSFER_FAILED', `blob ${access.blobId} came with too many bytes`);
          failures = 0;
          options.meter.transferred({ direction: 'read', way: 'remote', bytes: chunk.length });
          yield chunk;
        }
        if (offset < end)
          throw new AppError('TRANSFER_FAILED', `blob ${access.blobId} ended at ${offset} of ${end}`);
      } catch (error) {
        signal.throwIfAborted();
        failures += 1;
        if (failures > maxFailures || !isPassing(error)) throw toTransferError(error);
        const renew = isTicketError(error) ? options.renew : null;
        if (renew !== null) access = await renew(signal);
        else if (isTicketError(error)) throw toTransferError(error);
        else await pause(backoffMs(retryPolicy, failures, Math.random()), undefined, { signal });
      }
    }
  }

  const request = (range: ByteRange, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> =>
    options.link.reach((baseUrl) =>
      options.http.get(
        {
          url: blobUrl(access.url, baseUrl),
          ticket: access.ticket,
          patienceMs: options.link.patienceMs(),
          sizeBytes,
          ...range,
        },
        signal,
      ),
    );

  return {
    sizeBytes,
    localPath: null,
    sha256: access.sha256,
    open: (range, signal) => {
      const whole = range.start === 0 && range.end === sizeBytes;
      const bytes = read(range, signal);
      return Readable.from(whole ? verifiedBytes(bytes, access, 'CHECKSUM_MISMATCH') : bytes, {
        objectMode: false,
        highWaterMark: bufferBytes,
      });
    },
  };
}

/** Relative to the master's address, whose path is kept, unless absolute. */
export const blobUrl = (url: string, baseUrl: string): URL =>
  new URL(/^https?:\/\//i.test(url) ? url : baseUrl + url);

export const isTicketError = (error: unknown): boolean =>
  error instanceof AppError && (error.code === 'TICKET_EXPIRED' || error.code === 'TICKET_INVALID');

const passingCodes: readonly ErrorCode[] = ['TRANSFER_FAILED', 'UNAVAILABLE', 'INTERNAL', 'RATE_LIMITED'];

/** What the same request may not meet a moment later. The rest is for another try of the whole attempt. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof AppError)) return true;
  return passingCodes.includes(error.code) || isTicketError(error) || isUnreachable(error);
}

/** What went wrong between two machines, as a failure that another try may not meet. */
export function toTransferError(error: unknown): AppError {
  if (error instanceof AppError && !isUnreachable(error) && !isTicketError(error)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new AppError('TRANSFER_FAILED', `the transfer of a blob failed: ${reason}`, { cause: error });
}
