import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempFolder } from './programs.ts';

/** The wall clock of programs that are started with `env`; their monotonic clock goes right, as on a real machine. */
export type FakeClock = {
  readonly env: Record<string, string>;
  /** Sets the wall clock of all of them at once, to so many seconds from the true time. */
  set(offsetSeconds: number): Promise<void>;
};

export async function createFakeClock(offsetSeconds = 0): Promise<FakeClock> {
  const file = join(await tempFolder('clock'), 'offset');
  const set = async (seconds: number): Promise<void> => {
    await writeFile(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    await rename(`${file}.new`, file);
  };
  await set(offsetSeconds);
  return {
    set,
    env: {
      LD_PRELOAD: '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
  };
}
