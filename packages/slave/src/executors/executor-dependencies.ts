import type { Attempt } from '@longshore/protocol';
import type { Clock } from '@longshore/runtime';
import type { ArchiveThreads } from '../archive/threads/archive-threads.ts';
import type { MasterLink } from '../report/master-link.ts';
import type { BlobSink } from '../transfer/blob-sink.ts';
import type { OpenBlob } from '../transfer/open-blob.ts';

export type ExecutorDependencies = {
  readonly threads: ArchiveThreads;
  readonly openBlob: OpenBlob;
  readonly openSink: (attempt: Attempt, link: MasterLink) => BlobSink;
  readonly clock: Clock;
};
