import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/**
 * `system`: real programs and real databases. `unit`: beside the sources, quick, many in one process, which saves
 * loading the same modules for each. Two files at a time, of either: as many of `system` share the machine well, and
 * with the same number for both the short ones of `unit` follow the last of `system` without a worker standing idle.
 */
export default defineConfig({
  test: {
    retry: 0,
    maxWorkers: 2,
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
          isolate: false,
          globalSetup: ['packages/master/src/testing/database-setup.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
