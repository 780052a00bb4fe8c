import { createHash } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signIn as signInToApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { openBrowser, openPage, signIn } from '../support/open-browser.ts';
import {
  closeAll,
  type RunningMaster,
  root,
  startMaster,
  startSlave,
  tempFolder,
} from '../support/programs.ts';

// biome-ignore lint/suspicious/noTemplateCurlyInString: a name that would be filled in by a careless template
const naughty = ['<img src=x onerror=alert(1)>.txt', '"><script>alert(2)</script>', "a'b&amp;{{7*7}}${1}.md"];
const ownPassword = 'a password of my own';
const slavePort = 5391;

/** A new administrator at the console, from the first start on, with a second machine that is added there. */
describe('the console', () => {
  let master: RunningMaster;
  let browser: Browser;
  let page: Page & { complaints: string[] };
  let folder: string;

  beforeAll(async () => {
    folder = join(await tempFolder('upload'), 'holiday');
    await mkdir(join(folder, 'day 1'), { recursive: true });
    for (let index = 0; index < 12; index++) {
      await writeFile(join(folder, 'day 1', `photo-${index}.txt`), `photo ${index}\n`.repeat(4_000));
    }
    await writeFile(join(folder, 'a note.txt'), 'wish you were here\n');
    const bytes = Buffer.alloc(24 * 1024 * 1024, 'all work and no play ');
    await writeFile(join(folder, 'film.bin'), bytes);
    master = await startMaster({ env: { LONGSHORE_ADMIN_PASSWORD: '' } });
    browser = await openBrowser();
    page = await openPage(browser);
  });
  afterAll(async () => {
    await browser?.close();
    await closeAll();
  });

  it('takes the one-time password, then asks for one of your own', async () => {
    const password = await eventually('the password is printed', () =>
      Promise.resolve(/One-time password +(\S+)/.exec(master.output())?.[1]),
    );
    await page.goto(`${master.url}/tasks`);
    await signIn(page, 'admin', password);
    await page.getByRole('heading', { name: 'Welcome, admin' }).waitFor();
    await page.getByRole('textbox', { name: 'Current password' }).fill(password ?? '');
    await page.getByRole('textbox', { name: 'New password', exact: true }).fill(ownPassword);
    await page.getByRole('textbox', { name: 'New password again' }).fill(ownPassword);
    await page.getByRole('button', { name: 'Set password' }).click();
    await page.getByRole('heading', { name: 'Tasks' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/tasks');
  });

  it('adds a node: its conf.ini starts a slave as it is shown', async () => {
    await page.goto(`${master.url}/admin/nodes/new`);
    await page.getByLabel('Name', { exact: true }).fill('attic');
    await page.getByLabel('Address', { exact: true }).fill(`http://127.0.0.1:${slavePort}`);
    await page.getByRole('button', { name: 'Make its configuration' }).click();
    const confIni = await page.getByTestId('conf-ini').textContent();
    await startSlave({ confIni: confIni ?? '' });
    await page.getByRole('button', { name: 'It is started' }).click();
    await page.getByRole('button', { name: 'Test the connection' }).click();
    await page.getByText('Everything works').waitFor();
    expect(await page.locator('[data-step][data-status=ok]').count()).toBe(8);
  });

  it('uploads a folder with all it holds', async () => {
    await page.goto(`${master.url}/files`);
    await page.locator('input[type=file][webkitdirectory]').first().setInputFiles(folder);
    await page.getByText('14 files are uploaded').waitFor();
    await page.getByRole('row', { name: /holiday/ }).waitFor();
  });

  it('compresses on the node that is chosen, and the new file shows up by itself', async () => {
    await page.getByRole('row', { name: /holiday/ }).click();
    await page.getByRole('button', { name: 'Compress' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'Node' }).click();
    await page.getByRole('option', { name: 'attic' }).click();
    await dialog.getByRole('button', { name: 'Compress' }).click();
    await page.getByRole('row', { name: /holiday\.zip/ }).waitFor();
  });

  it('previews the archive, filters it and extracts what is marked', async () => {
    await page.getByRole('row', { name: /holiday\.zip/ }).dblclick();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Filter by name').fill('film');
    await dialog.getByRole('checkbox', { name: 'holiday/film.bin' }).check();
    await dialog.getByText('Selected: 1 file').waitFor();
    await dialog.getByRole('textbox', { name: 'Filter by name' }).fill('');
    await dialog.getByRole('button', { name: 'Extract selection' }).click();
    await dialog.waitFor({ state: 'detached' });
    // The folder of its own is there already, so the archive's folder lands in it.
    await page.goto(`${master.url}/files?path=/holiday`);
    await page.getByRole('row', { name: /holiday/ }).dblclick();
    await page.getByRole('row', { name: /film\.bin/ }).waitFor();
    expect(await page.getByRole('row', { name: /photo/ }).count()).toBe(0);
  });

  it('downloads what was uploaded, byte for byte', async () => {
    await page.getByRole('row', { name: /film\.bin/ }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download' }).click(),
    ]);
    expect(await sha256(await download.path())).toBe(await sha256(join(folder, 'film.bin')));
  });

  it('downloads what is marked, folders too, as one zip', async () => {
    await page.goto(`${master.url}/files?path=/holiday`);
    await page.getByRole('row', { name: /a note/ }).waitFor();
    await page.getByRole('grid').focus();
    await page.keyboard.press('Control+a');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/\.zip$/);
    const zip = await readFile(await download.path());
    for (const held of ['day 1/photo-3.txt', 'a note.txt', 'wish you were here']) {
      expect(zip.includes(held)).toBe(true);
    }
  });

  it('shows names as text, whatever they hold', async () => {
    for (const name of naughty) {
      const path = `/names/${name.replaceAll('/', '∕')}`;
      await page.evaluate(
        `fetch('/api/v1/folders', { method: 'POST', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(
          JSON.stringify({ path, parents: true }),
        )} }).then((answer) => { if (!answer.ok) throw new Error('not made'); })`,
      );
    }
    let asked = 0;
    page.on('dialog', (dialog) => {
      asked += 1;
      void dialog.dismiss();
    });
    await page.goto(`${master.url}/files?path=/names`);
    for (const name of naughty) await page.getByText(name.replaceAll('/', '∕'), { exact: true }).waitFor();
    await page.getByText(naughty[0] ?? '', { exact: true }).dblclick();
    await page.getByText('This folder is empty').waitFor();
    expect(asked).toBe(0);
  });

  it('says that the connection is lost, comes back by itself and misses nothing', async () => {
    await page.goto(`${master.url}/files`);
    await page.getByRole('grid').waitFor();
    const listen = new URL(master.url).host;
    const { dataPath } = master;
    await master.stop();
    await page.getByText('The connection is lost').waitFor();
    // The page reaches the master again only when a task has come and gone.
    await page.context().route('**/api/**', (route) => route.abort());
    master = await startMaster({ dataPath, listen });
    const admin = await signInToApi(master.url, 'admin', ownPassword);
    await admin.call('POST', '/api/v1/folders', { path: '/made in the outage' });
    const sources = ['/made in the outage'];
    const task = await admin.submit({ kind: 'create-archive', sources, destination: '/outage.zip' });
    await admin.ended(task.id);
    await page.context().unroute('**/api/**');
    await page.getByText('The connection is lost').waitFor({ state: 'detached' });
    await page.getByRole('row', { name: /made in the outage/ }).waitFor();
    await page.getByRole('row', { name: /outage\.zip/ }).waitFor();
    await page.getByRole('link', { name: /^Tasks/ }).click();
    const card = page.getByRole('article').filter({ has: page.locator(`a[href="/tasks/${task.id}"]`) });
    await card.getByText('Completed', { exact: true }).waitFor();
  });

  it('asks for a sign-in when the session is over, and returns to the place', async () => {
    await page.goto(`${master.url}/files?path=/holiday`);
    await page.getByRole('row', { name: /day 1/ }).waitFor();
    await page.context().clearCookies();
    await page.getByRole('row', { name: /day 1/ }).dblclick();
    await signIn(page, 'admin', ownPassword);
    await page.getByRole('row', { name: /photo-3/ }).waitFor();
  });

  it('speaks Chinese', async () => {
    const other = await openPage(browser, { locale: 'zh-CN' });
    await other.goto(master.url);
    await signIn(other, 'admin', ownPassword);
    await other.getByRole('link', { name: '任务', exact: true }).click();
    await other.getByText('实时查看机器为您做的工作').waitFor();
    await other.context().close();
  });

  it('loads less than 300 kB of script, compressed, until somebody signed in sees the files', async () => {
    const other = await openPage(browser);
    await other.goto(`${master.url}/files`);
    await signIn(other, 'admin', ownPassword);
    await other.getByRole('row', { name: /holiday\.zip/ }).waitFor();
    const scripts = new Set<string>();
    other.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.endsWith('.js')) scripts.add(pathname);
    });
    await other.reload();
    await other.getByRole('row', { name: /holiday\.zip/ }).waitFor();
    const sizes = [...scripts].map((path) => stat(join(root, 'packages/web/dist', `${path}.gz`)));
    const bytes = (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0);
    expect(bytes).toBeGreaterThan(100_000);
    expect(bytes).toBeLessThan(300_000);
    await other.context().close();
  });

  it('breaks no rule of its own content security policy, and throws nothing', () => {
    expect(page.complaints).toEqual([]);
  });
});

const sha256 = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
