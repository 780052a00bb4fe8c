import type { NodeConfig, SelfTest, SelfTestAnswer } from '@longshore/protocol';
import type { SigningKey } from '@longshore/protocol/server';
import type { PreviewArchive } from '../executors/preview-archive.ts';
import type { AcceptAttempts } from '../inbox/accept-attempts.ts';
import type { StopAttempts } from '../inbox/stop-attempts.ts';
import type { Masters } from '../report/masters.ts';
import type { ReadVitals } from '../report/node-vitals.ts';

/** The use-cases behind the routes. */
export type RouteDependencies = {
  readonly masters: Pick<Masters, 'hello' | 'meet'>;
  readonly readVitals: ReadVitals;
  readonly acceptAttempts: AcceptAttempts;
  readonly stopAttempts: StopAttempts;
  readonly previewArchive: PreviewArchive;
  readonly selfTest: (key: SigningKey, test: SelfTest) => Promise<SelfTestAnswer>;
  /** What is in force, for the master of a key. */
  readonly nodeConfig: (keyId: string) => NodeConfig;
  readonly callbackTimeoutMs: number;
};
