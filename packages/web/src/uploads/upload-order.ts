import type { UploadState } from './upload-queue.ts';

const order: readonly UploadState[] = [
  'uploading',
  'failed',
  'taken',
  'paused',
  'waiting',
  'done',
  'skipped',
];

/** What moves first, then what waits for somebody, then what waits, and at the end what is over. */
export function uploadOrder<Upload extends { readonly state: UploadState }>(
  uploads: Iterable<Upload>,
): Upload[] {
  const byState = new Map<UploadState, Upload[]>(order.map((state) => [state, []]));
  for (const upload of uploads) byState.get(upload.state)?.push(upload);
  return [...byState.values()].flat();
}
