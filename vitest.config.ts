import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/**
 * `unit`: beside the sources, quick. `system`: real programs and real databases. Two files at a time of either, one after
 * the other in the same two processes, which load what they share once. With as many workers for both, the short files
 * of `unit` follow the last of `system` and no worker stands idle.
 */
export default defineConfig({
  test: {
    retry: 0,
    maxWorkers: 2,
    isolate: false,
    expect: { poll: { timeout: 20_000 } },
    // Where the launchers keep compiled code: threads and programs that tests start take half the time to load.
    env: {
      NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.set-up/compile-cache', import.meta.url)),
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'scripts/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          globalSetup: ['packages/master/src/testing/database-setup.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
