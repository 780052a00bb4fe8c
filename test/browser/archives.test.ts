import type { FileEntry } from '@longshore/protocol';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { makeZip } from '../support/make-zip.ts';
import { naughtyStrings } from '../support/naughty-strings.ts';
import { type OpenConsole, openConsole } from '../support/open-console.ts';
import { closeAll } from '../support/programs.ts';

/** "测试文件.txt" as a Chinese Windows writes it. */
const gbkName = Buffer.from('b2e2cad4cec4bcfe2e747874', 'hex');
const text = (content: string) => ({ content: Buffer.from(content) });

/** What the console shows of an archive before it is extracted, and how it is extracted. */
describe('archives in the console', () => {
  let master: OpenConsole['master'];
  let admin: OpenConsole['admin'];
  let page: OpenConsole['page'];
  let dialog: Locator;

  beforeAll(async () => {
    ({ master, admin, page } = await openConsole({ path: '/files' }));
    dialog = page.getByRole('dialog');
  });
  afterAll(closeAll);

  const row = (name: string): Locator => page.getByRole('row', { name, exact: false });
  const openArchive = async (name: string): Promise<void> => {
    await page.goto(`${master.url}/files`);
    await row(name).dblclick();
    await dialog.getByRole('tree').waitFor();
  };
  const eventuallyHolds = (folder: string, names: readonly string[]): Promise<unknown> =>
    eventually(`${folder} with ${names.join(', ')}`, async () => {
      const path = `/api/v1/files?path=${encodeURIComponent(folder)}`;
      const { status, body } = await admin.send<{ entries: FileEntry[] }>('GET', path);
      return (
        status === 200 &&
        body.entries
          .map(({ name }) => name)
          .toSorted()
          .join() === names.join()
      );
    });

  it('shows names in the encoding that is chosen, and extracts them so', async () => {
    await admin.put('/old.zip', makeZip([{ name: gbkName, ...text('well') }]));
    await openArchive('old.zip');
    const choose = async (encoding: string): Promise<void> => {
      await dialog.getByRole('combobox', { name: 'Encoding of names' }).fill(encoding);
      await page.getByRole('option', { name: encoding, exact: true }).click();
    };
    await choose('windows-1252');
    await dialog.getByText('²âÊÔÎÄ¼þ.txt', { exact: true }).waitFor();
    await choose('gbk');
    await dialog.getByText('测试文件.txt', { exact: true }).waitFor();
    expect(await dialog.getByText('²âÊÔÎÄ¼þ.txt').count()).toBe(0);
    await dialog.getByRole('button', { name: 'Extract everything' }).click();
    await eventuallyHolds('/old', ['测试文件.txt']);
  });

  it('asks for a password only where something is encrypted', async () => {
    const password = dialog.getByRole('textbox', { name: 'Password of the archive' });
    await openArchive('old.zip');
    expect(await password.count()).toBe(0);
    await admin.put('/secret.txt', Buffer.from('a secret'));
    const made = await admin.submit({
      kind: 'create-archive',
      sources: ['/secret.txt'],
      destination: '/locked.zip',
      password: 'sesame',
    });
    await admin.ended(made.id);
    await openArchive('locked.zip');
    await password.fill('sesame');
    await dialog.getByRole('button', { name: 'Extract everything' }).click();
    await eventuallyHolds('/locked', ['secret.txt']);
  });

  it('is a tree for the keyboard', async () => {
    const names = ['docs/deep/a.txt', 'docs/b.txt', 'other/c.txt'];
    await admin.put('/tree.zip', makeZip(names.map((name) => ({ name, ...text('x') }))));
    await openArchive('tree.zip');
    await dialog.getByRole('tree', { name: 'What the archive holds' }).focus();
    const item = (name: string): Locator => dialog.getByRole('treeitem', { name, exact: false }).first();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    await item('deep').waitFor();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await item('a.txt').waitFor();
    await page.keyboard.press('ArrowLeft');
    await item('a.txt').waitFor({ state: 'detached' });
    await page.keyboard.press('Space');
    await dialog.getByText('Selected: 1 file').waitFor();
    await page.keyboard.press('End');
    await page.keyboard.press('Space');
    await dialog.getByText('Selected: 2 files').waitFor();
    await page.keyboard.press('Space');
    await dialog.getByRole('button', { name: 'Extract selection' }).click();
    await eventuallyHolds('/tree/docs', ['deep']);
  });

  it('extracts several at once, each as a task into a folder of its own', async () => {
    for (const name of ['one', 'two']) {
      await admin.put(`/${name}.zip`, makeZip([{ name: `${name}.txt`, ...text(name) }]));
    }
    await page.goto(`${master.url}/files`);
    await row('one.zip').click();
    await row('two.zip').click({ modifiers: ['Control'] });
    await page.getByRole('button', { name: 'Extract' }).click();
    await dialog.getByText('two.zip → two').waitFor();
    await dialog.getByRole('button', { name: 'Extract 2 archives' }).click();
    await page.getByText('2 tasks are under way').waitFor();
    await page.getByRole('link', { name: 'Watch' }).last().click();
    await page.waitForURL(/\/tasks$/);
    for (const name of ['one', 'two']) {
      await page
        .getByRole('article')
        .filter({ hasText: `${name}.zip` })
        .getByText('Completed')
        .waitFor();
      await eventuallyHolds(`/${name}`, [`${name}.txt`]);
    }
  });

  it('does not promise a folder whose name could not be looked up', async () => {
    await page.goto(`${master.url}/files`);
    const error = { code: 'INTERNAL', message: 'the disk is away', hint: '', details: {}, requestId: 'r-1' };
    await page.route('**/api/v1/files/stat?*', (route) =>
      route.fulfill({ status: 500, body: JSON.stringify({ error }) }),
    );
    await row('one.zip').click();
    await page.getByRole('button', { name: 'Extract' }).click();
    const failed = dialog.getByRole('alert').filter({ hasText: 'The folder / could not be looked up' });
    await failed.getByText('the disk is away').waitFor();
    expect(await dialog.getByRole('button', { name: 'Extract everything' }).isDisabled()).toBe(true);
    expect(await dialog.getByText('Extracts into').count()).toBe(0);
    await page.unroute('**/api/v1/files/stat?*');
    await failed.getByRole('button', { name: 'Try again' }).click();
    await dialog.getByText('Extracts into /one').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  });

  it('does not offer to extract what is no archive', async () => {
    await page.goto(`${master.url}/files`);
    await row('one.zip').click();
    await row('secret.txt').click({ modifiers: ['Control'] });
    await page.getByText('2 selected').waitFor();
    expect(await page.getByRole('button', { name: 'Extract' }).count()).toBe(0);
  });

  it('names of entries, and errors about them, are text, whatever they hold', async () => {
    let asked = 0;
    page.on('dialog', (event) => {
      asked += 1;
      void event.dismiss();
    });
    const names = naughtyStrings.map((name) => name.normalize('NFC'));
    await admin.put('/naughty.zip', makeZip(names.map((name) => ({ name, ...text('x') }))));
    await openArchive('naughty.zip');
    const shown = new Set<string | null>();
    const tree = dialog.getByRole('tree');
    await eventually('all names were on screen', async () => {
      const titles = tree.getByRole('treeitem').locator('[title]');
      for (const title of await titles.evaluateAll((all) => all.map((one) => one.textContent)))
        shown.add(title);
      await tree.evaluate((scroller) => scroller.scrollBy(0, 150));
      return shown.size === names.length;
    });
    expect([...shown].toSorted()).toEqual(names.toSorted());
    await dialog.getByRole('button', { name: 'Extract everything' }).click();
    await page.getByRole('link', { name: 'Watch' }).last().click();
    // Some are refused, and the ledger quotes them.
    const ledger = page.getByRole('region', { name: 'Entries that were not done' });
    await ledger.getByText('..\\..\\boot.ini', { exact: true }).waitFor();
    const hostile = names.filter((name) => /alert\(/.test(name));
    for (const name of hostile) {
      const path = `/bad ${name}`;
      await admin.put(path, Buffer.from('no archive'));
      const { id } = await admin.submit({ kind: 'extract-archive', source: path, destination: '/out' });
      await admin.ended(id);
    }
    await page.goto(`${master.url}/tasks?state=["failed"]`);
    for (const name of hostile) {
      await page
        .getByRole('article')
        .filter({ hasText: name })
        .getByText('Failed', { exact: true })
        .waitFor();
    }
    expect(await page.locator('#root :is(iframe, img, script, details)').count()).toBe(0);
    expect(asked).toBe(0);
  });

  it('breaks no rule of its own content security policy, and throws nothing', () => {
    expect(page.complaints).toEqual([]);
  });
});
