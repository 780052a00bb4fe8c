import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { adminPassword, onCloseAll } from './programs.ts';

/** The one that has nothing but pages first: it takes a quarter less of the processor. */
const places = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/**
 * The browser of the system, until `closeAll`. As root, as in most containers, it does without a sandbox of its own.
 */
export async function openBrowser(options: { args?: readonly string[] } = {}): Promise<Browser> {
  const executablePath = places.find((place) => existsSync(place));
  if (executablePath === undefined) throw new Error(`there is no browser at ${places.join(', ')}`);
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath, args: [...sandbox, ...(options.args ?? [])] });
  onCloseAll(() => browser.close());
  return browser;
}

/** A page of its own session, in which nothing moves for show. What the page complains about is collected. */
export async function openPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<Page & { complaints: string[] }> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource|ERR_/.test(message.text())) {
      complaints.push(message.text());
    }
  });
  return Object.assign(page, { complaints });
}

export async function signIn(page: Page, user = 'admin', password = adminPassword): Promise<void> {
  await page.getByLabel(/User name|用户名/).fill(user);
  await page.getByRole('textbox', { name: /Password|密码/ }).fill(password);
  await page.getByRole('button', { name: /Sign in|登录/ }).click();
}
