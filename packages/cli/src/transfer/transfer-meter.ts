import type { BarState } from '../output/progress-bar.ts';

const windowMs = 5_000;

/** Counts what a transfer has moved, and its speed over the last seconds. */
export type TransferMeter = {
  addBytes(bytes: number): void;
  addFile(): void;
  state(): BarState;
};

export function createTransferMeter(transfer: {
  label: string;
  bytesTotal: number;
  filesTotal: number;
  nowMs: () => number;
}): TransferMeter {
  let bytes = 0;
  let files = 0;
  let samples: { atMs: number; bytes: number }[] = [{ atMs: transfer.nowMs(), bytes: 0 }];

  function speed(): number | null {
    const nowMs = transfer.nowMs();
    const newest = samples.at(-1);
    if (newest === undefined || nowMs - newest.atMs > 200) samples.push({ atMs: nowMs, bytes });
    samples = samples.filter(({ atMs }, index) => atMs >= nowMs - windowMs || index === samples.length - 1);
    const oldest = samples[0];
    if (oldest === undefined || nowMs - oldest.atMs < 500) return null;
    return Math.max(0, ((bytes - oldest.bytes) * 1000) / (nowMs - oldest.atMs));
  }

  return {
    addBytes: (more) => {
      bytes += more;
    },
    addFile: () => {
      files += 1;
    },
    state: () => {
      const bytesPerSecond = speed();
      const left = transfer.bytesTotal - bytes;
      return {
        label: transfer.label,
        bytesDone: bytes,
        bytesTotal: transfer.bytesTotal,
        entriesDone: files,
        entriesTotal: transfer.filesTotal,
        bytesPerSecond,
        unit: ['file', 'files'],
        etaSeconds: bytesPerSecond !== null && bytesPerSecond > 0 ? left / bytesPerSecond : null,
      };
    },
  };
}
