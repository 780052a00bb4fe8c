import type { Browser, Page } from 'playwright-core';
import { type Api, signIn as signInToApi } from './api.ts';
import { openBrowser, openPage, signIn } from './open-browser.ts';
import { type RunningMaster, startMaster } from './programs.ts';

export type OpenConsole = {
  master: RunningMaster;
  admin: Api;
  browser: Browser;
  page: Page & { complaints: string[] };
};

/**
 * A master of its own, and an administrator at a page of it. `closeAll` ends both. `prepare` runs while the browser
 * starts.
 */
export async function openConsole(options: {
  path: string;
  master?: Parameters<typeof startMaster>[0];
  prepare?: (admin: Api, master: RunningMaster) => Promise<unknown>;
}): Promise<OpenConsole> {
  const prepared = async () => {
    const master = await startMaster(options.master);
    const admin = await signInToApi(master.url);
    await options.prepare?.(admin, master);
    return { master, admin };
  };
  const [{ master, admin }, browser] = await Promise.all([prepared(), openBrowser()]);
  const page = await openPage(browser);
  await page.goto(`${master.url}${options.path}`);
  await signIn(page);
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  return { master, admin, browser, page };
}

/** With slaves that the test starts: no node of its own, and news of them within a second. */
export const masterOfSlaves = {
  embeddedNode: false,
  env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1' },
} as const;
