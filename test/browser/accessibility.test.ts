import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBrowser, openPage, signIn } from '../support/open-browser.ts';
import { closeAll, type RunningMaster, startMaster } from '../support/programs.ts';

let master: RunningMaster;
let browser: Browser;
let axe: string;

beforeAll(async () => {
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  master = await startMaster();
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await closeAll();
});

const paths = [
  '/files',
  '/tasks',
  '/account',
  '/admin',
  '/admin/nodes',
  '/admin/nodes/new',
  '/admin/nodes/embedded',
  '/admin/tasks',
  '/admin/users',
  '/admin/settings',
];

const check = `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then((result) =>
  result.violations.map((found) => found.id + ': ' + found.nodes.map((node) => node.html).join(' | ')))`;

it.for(['light', 'dark'] as const)('every page in %s has no finding of WCAG 2.2 AA', async (colorScheme) => {
  // The policy would keep the examiner out.
  const page = await openPage(browser, { colorScheme, bypassCSP: true, reducedMotion: 'reduce' });
  await page.goto(`${master.url}/files`);
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  await page.evaluate(axe);
  const found = { 'sign in': await page.evaluate(check) };
  await signIn(page);
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  for (const path of paths) {
    await page.goto(`${master.url}${path}`);
    await page.waitForLoadState('load');
    await page.getByRole('heading', { level: 1 }).waitFor({ state: 'attached' });
    await page.evaluate(axe);
    Object.assign(found, { [path]: await page.evaluate(check) });
  }
  const none = Object.fromEntries(Object.keys(found).map((path) => [path, []]));
  expect(found).toEqual(none);
  await page.context().close();
});
