import type { Clock } from '@longshore/runtime';
import type { ArchiveThreads } from '../archive/threads/archive-threads.ts';
import type { BlobSink } from '../transfer/blob-sink.ts';
import type { OpenBlob } from '../transfer/open-blob.ts';
import type { Execution } from './executor.ts';

export type ExecutorDependencies = {
  readonly threads: ArchiveThreads;
  readonly openBlob: OpenBlob;
  readonly openSink: (execution: Pick<Execution, 'attempt' | 'link' | 'meter'>) => BlobSink;
  readonly clock: Clock;
};
