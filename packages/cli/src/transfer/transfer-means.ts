import type { Api } from '../api/api.ts';
import type { ByteClient } from './byte-client.ts';
import type { TransferMeter } from './transfer-meter.ts';

/** What the transfer of trees needs, in either direction. */
export type TransferMeans = {
  readonly api: Api;
  readonly client: ByteClient;
  /** How many files travel at the same time. */
  readonly parallel: number;
  readonly signal: AbortSignal;
  readonly createMeter: (totals: { bytes: number; files: number }) => TransferMeter;
  readonly onProgress: (meter: TransferMeter) => void;
};
