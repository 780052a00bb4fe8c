import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openPage, signIn } from '../support/open-browser.ts';
import { closeAll, type RunningMaster, startMaster } from '../support/programs.ts';

/** Most masters are reached like this: without https, at a name of the network, where browsers have fewer abilities. */
describe('the console at a plain address of the network', () => {
  let master: RunningMaster;
  let browser: Browser;
  let page: Page & { complaints: string[] };
  let address: string;

  beforeAll(async () => {
    master = await startMaster();
    browser = await openBrowser({ args: ['--host-resolver-rules=MAP nas.example 127.0.0.1'] });
    page = await openPage(browser);
    address = `http://nas.example:${new URL(master.url).port}`;
    await page.goto(`${address}/files`);
    expect(await page.evaluate('window.isSecureContext')).toBe(false);
    await signIn(page);
    await page.getByRole('button', { name: 'New folder' }).waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await closeAll();
  });

  it('uploads, compresses and extracts', async () => {
    await page
      .getByLabel('Upload files')
      .first()
      .setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('notes') });
    await page.getByRole('row', { name: /notes\.txt/ }).click();
    await page.getByRole('button', { name: 'Compress' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Compress' }).click();
    await page.getByRole('row', { name: /notes.*\.zip/ }).dblclick();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('notes.txt', { exact: true }).waitFor();
    // "notes.txt" would be its folder, and is the file.
    await dialog.getByText('Into a folder of its own: notes.txt (2)').waitFor();
    await dialog.getByRole('button', { name: 'Extract everything' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('row', { name: /notes\.txt \(2\)/ }).dblclick();
    await page.getByRole('row', { name: /notes\.txt/ }).waitFor();
  });

  it('copies the conf.ini of a new node', async () => {
    await page.goto(`${address}/admin/nodes/new`);
    await page.getByLabel('Name', { exact: true }).fill('shed');
    await page.getByLabel('Address', { exact: true }).fill('http://127.0.0.1:9');
    await page.getByRole('button', { name: 'Make its configuration' }).click();
    const shown = await page.getByTestId('conf-ini').textContent();
    await page.getByRole('button', { name: 'Copy', exact: true }).first().click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    await page.goto(`${address}/files`);
    await page.getByRole('button', { name: 'New folder' }).click();
    const field = page.getByRole('dialog').getByRole('textbox');
    await field.press('Control+v');
    // A field of one line takes a text without its line ends.
    expect((await field.inputValue()).slice(0, 8)).toBe(shown?.slice(0, 8));
  });

  it('complains about nothing', () => {
    // A header that only counts with https.
    const others = page.complaints.filter(
      (text) => !text.startsWith('The Cross-Origin-Opener-Policy header'),
    );
    expect(others).toEqual([]);
  });
});
