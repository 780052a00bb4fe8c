import type { CreateProgress } from './archive-format.ts';

/** What was read of one member; taken back when it is read anew or left out. */
export type MemberMeter = { read(bytes: number): void; takeBack(): void };

/** How far the making of an archive is: bytes of the sources count when they are read, which is what takes the time. */
export type CreateMeter = {
  /** What follows is counted from nothing. */
  begin(phase: CreateProgress['phase']): void;
  read(bytes: number): void;
  member(): MemberMeter;
  entries(count: number): void;
};

export function createMeter(onProgress: (progress: CreateProgress) => void): CreateMeter {
  let phase: CreateProgress['phase'] = 'working';
  let bytesDone = 0;
  let entriesDone = 0;
  const add = (bytes: number, entries: number): void => {
    if (bytes === 0 && entries === 0) return;
    bytesDone += bytes;
    entriesDone += entries;
    onProgress({ phase, bytesDone, entriesDone });
  };
  return {
    begin: (next) => {
      phase = next;
      bytesDone = 0;
      entriesDone = 0;
      onProgress({ phase, bytesDone, entriesDone });
    },
    read: (bytes) => add(bytes, 0),
    entries: (count) => add(0, count),
    member: () => {
      let counted = 0;
      return {
        read: (bytes) => {
          counted += bytes;
          add(bytes, 0);
        },
        takeBack: () => {
          add(-counted, 0);
          counted = 0;
        },
      };
    },
  };
}
