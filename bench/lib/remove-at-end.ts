import { rm } from 'node:fs/promises';
import { closeAll } from '../../test/support/programs.ts';

/**
 * What is thrown, or a signal, must not leave servers and gigabytes of shared memory behind. Answers what cleans up at the
 * end of a run that went well.
 */
export function removeAtEnd(folder: string): () => Promise<void> {
  const cleanUp = async (): Promise<void> => {
    await closeAll();
    await rm(folder, { recursive: true, force: true });
  };
  for (const event of ['uncaughtException', 'SIGTERM', 'SIGINT'] as const) {
    process.once(event, (reason: unknown) => {
      console.error(reason);
      void cleanUp().finally(() => process.exit(1));
    });
  }
  return cleanUp;
}
