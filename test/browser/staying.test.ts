import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, addUser, signIn as signInToApi } from '../support/api.ts';
import { addSlave } from '../support/cluster.ts';
import { openPage, signIn } from '../support/open-browser.ts';
import { masterOfSlaves, type OpenConsole, openConsole } from '../support/open-console.ts';
import { closeAll } from '../support/programs.ts';

const newcomersPassword = 'one that the newcomer has chosen';

/** What stays, and what does not, while pages are open for long: sessions, dialogs, edits, lists, advice. */
describe('a console that stays open', () => {
  let master: OpenConsole['master'];
  let admin: OpenConsole['admin'];
  let browser: OpenConsole['browser'];
  let page: OpenConsole['page'];

  beforeAll(async () => {
    const prepare = (api: Api) => addSlave(api, { name: 'anna' });
    ({ master, admin, browser, page } = await openConsole({
      path: '/files',
      master: masterOfSlaves,
      prepare,
    }));
  });
  afterAll(closeAll);

  /** Ends the session of the page, as its end of life or an administrator would. */
  const endSession = (of: Page): Promise<unknown> =>
    of.evaluate(() =>
      fetch('/api/v1/logout', {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': 'application/json' },
      }),
    );

  it('shows first steps to a new account, as far as they are not done, until they are hidden', async () => {
    const steps = page.getByRole('region', { name: 'First steps' });
    await steps.getByText('Bring your files').waitFor();
    await steps.getByRole('link', { name: 'Add a node' }).waitFor();
    const own = await addUser(admin, 'newcomer');
    await own.call('POST', '/api/v1/me/password', {
      current: 'newcomer has a long password',
      next: newcomersPassword,
    });
    await (await signInToApi(master.url, 'newcomer', newcomersPassword)).put('/a.txt', Buffer.from('a'));
    const other = await openPage(browser);
    await other.goto(`${master.url}/files`);
    await signIn(other, 'newcomer', newcomersPassword);
    const theirs = other.getByRole('region', { name: 'First steps' });
    await theirs.getByRole('img', { name: 'Done' }).waitFor();
    expect(await theirs.getByRole('link', { name: 'Add a node' }).count()).toBe(0);
    await theirs.getByRole('button', { name: 'Hide the first steps' }).click();
    await other.reload();
    await other.getByRole('row', { name: /a\.txt/ }).waitFor();
    expect(await theirs.count()).toBe(0);
    await other.context().close();
  });

  it('keeps an open dialog with what was typed when the session ends, and goes on after the sign-in', async () => {
    await page.getByRole('button', { name: 'New folder' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill('holiday');
    await endSession(page);
    await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
    await page.getByText('The session of admin has ended').waitFor();
    await signIn(page);
    await page.getByText('The session of admin has ended').waitFor({ state: 'hidden' });
    await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
    await page.getByRole('row', { name: /holiday/ }).waitFor();
  });

  it('pauses an upload when the session ends, and goes on with it after the sign-in', async () => {
    await endSession(page);
    await page
      .getByLabel('Upload files')
      .first()
      .setInputFiles({ name: 'late.txt', mimeType: 'text/plain', buffer: Buffer.from('late') });
    await page.getByText('The session of admin has ended').waitFor();
    await signIn(page);
    await page.getByRole('row', { name: /late\.txt/ }).waitFor();
  });

  it('keeps edits of a node while another tab of its page is looked at', async () => {
    await page.goto(`${master.url}/admin/nodes/anna?tab=edit`);
    await page.getByLabel('Weight').fill('9');
    await page.getByRole('tab', { name: 'Overview' }).click();
    await page.getByRole('tab', { name: 'Edit' }).click();
    expect(await page.getByLabel('Weight').inputValue()).toBe('9');
  });

  it('shows nodes that come and go elsewhere, however often others are heard', async () => {
    await page.goto(`${master.url}/admin/nodes`);
    await page.locator('[data-node=anna]').waitFor();
    const added = await admin.call<{ node: { id: string } }>('POST', '/api/v1/nodes', {
      name: 'berta',
      url: 'http://127.0.0.1:9',
    });
    await page.locator('[data-node=berta]').waitFor();
    await admin.call('DELETE', `/api/v1/nodes/${added.node.id}`);
    await page.locator('[data-node=berta]').waitFor({ state: 'detached' });
  });

  it('closes a dialog that belongs to a page which is left', async () => {
    await page.goto(`${master.url}/files`);
    // An empty list of tasks leads to the files, too.
    const menu = page.getByRole('navigation', { name: 'Main' });
    await menu.getByRole('link', { name: 'Tasks', exact: true }).click();
    await menu.getByRole('link', { name: 'Files', exact: true }).click();
    await page.getByRole('button', { name: 'New folder' }).click();
    await page.getByRole('dialog').waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Tasks' }).waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('keeps the administration to administrators, and says so', async () => {
    const other = await openPage(browser);
    await other.goto(`${master.url}/admin/nodes`);
    await signIn(other, 'newcomer', newcomersPassword);
    await other.getByText('This page is for administrators').waitFor();
    expect(await other.getByRole('link', { name: 'Add a node' }).count()).toBe(0);
    await other.context().close();
  });

  it('opens in ten tabs, all of them live, and goes on when the first is closed', async () => {
    const context = await browser.newContext();
    const tabs: Page[] = [];
    for (let tab = 0; tab < 10; tab += 1) {
      const next = await context.newPage();
      await next.goto(`${master.url}/files`);
      if (tab === 0) await signIn(next);
      await next.getByRole('row', { name: /holiday/ }).waitFor();
      tabs.push(next);
    }
    const appearsEverywhere = async (name: string): Promise<void> => {
      await admin.call('POST', '/api/v1/folders', { path: `/${name}` });
      for (const tab of tabs) await tab.getByRole('row', { name: new RegExp(name) }).waitFor();
    };
    await appearsEverywhere('told to all');
    await tabs.shift()?.close();
    await appearsEverywhere('told by the next');
    await context.close();
  });

  it('complains about nothing', () => {
    expect(page.complaints).toEqual([]);
  });
});
