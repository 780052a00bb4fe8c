import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { type LoopbackFiles, serveFiles } from './loopback-files.ts';
import { type LoopbackMaster, startLoopbackMaster } from './loopback-master.ts';
import { type Ran, run } from './run.ts';

const token = 'test-token';

type Fixtures = {
  /** An empty folder, gone after the test. */
  folder: string;
  env: Record<string, string>;
  master: LoopbackMaster;
  files: LoopbackFiles;
  /** Runs a command line as somebody who is signed in. */
  longshore: (...argv: string[]) => Promise<Ran>;
};

export const cliTest = test.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from the pattern
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'longshore-cli-'));
    await use(folder);
    await rm(folder, { recursive: true, force: true });
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above
  master: async ({}, use) => {
    const master = await startLoopbackMaster({ token });
    await use(master);
    await master.close();
  },
  files: async ({ master }, use) => use(serveFiles(master)),
  env: async ({ folder, master }, use) =>
    use({
      HOME: folder,
      XDG_CONFIG_HOME: join(folder, 'config'),
      XDG_STATE_HOME: join(folder, 'state'),
      LONGSHORE_URL: master.url,
      LONGSHORE_TOKEN: token,
    }),
  longshore: async ({ env }, use) => use((...argv) => run(argv, { env })),
});
