import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileEntry } from '@longshore/protocol';
import type { CDPSession, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { naughtyStrings } from '../support/naughty-strings.ts';
import { type OpenConsole, openConsole } from '../support/open-console.ts';
import { closeAll, tempFolder } from '../support/programs.ts';

const mebibyte = 1024 * 1024;

/** Everyday work with files: by mouse, by keyboard, from the desktop. Every test has a folder of its own. */
describe('files in the console', () => {
  let master: OpenConsole['master'];
  let admin: OpenConsole['admin'];
  let page: OpenConsole['page'];
  let network: CDPSession;

  beforeAll(async () => {
    ({ master, admin, page } = await openConsole({ path: '/files' }));
    network = await page.context().newCDPSession(page);
    await network.send('Network.enable');
  });
  afterAll(closeAll);

  const row = (name: string | RegExp): Locator => page.getByRole('row', { name });
  const entryNames = (): Promise<(string | null)[]> =>
    page.locator('[data-entry]').evaluateAll((rows) => rows.map((one) => one.getAttribute('data-entry')));
  const namesIn = async (folder: string): Promise<string[]> => {
    const answer = await admin.call<{ entries: FileEntry[] }>(
      'GET',
      `/api/v1/files?path=${encodeURIComponent(folder)}`,
    );
    return answer.entries.map(({ name }) => name).toSorted();
  };
  const shows = (names: readonly string[]): Promise<unknown> =>
    eventually(`${names.join(', ')} on screen`, async () => (await entryNames()).join() === names.join());
  const eventuallyIn = (folder: string, names: readonly string[]): Promise<unknown> =>
    eventually(
      `${names.join(', ')} in ${folder}`,
      async () => (await namesIn(folder)).join() === names.join(),
    );
  const focused = (): Promise<string | null | undefined> =>
    page.evaluate<string | null | undefined>(`document.activeElement?.getAttribute('role')`);
  /** A folder with files of so many bytes, and folders, whose names end with a slash; on screen. */
  const openFolder = async (folder: string, content: Record<string, number>): Promise<void> => {
    await admin.call('POST', '/api/v1/folders', { path: folder, parents: true });
    for (const [name, bytes] of Object.entries(content)) {
      const path = `${folder}/${name}`;
      if (name.endsWith('/')) await admin.call('POST', '/api/v1/folders', { path: path.slice(0, -1) });
      else await admin.put(path, Buffer.alloc(bytes, name));
    }
    await page.goto(`${master.url}/files?path=${encodeURIComponent(folder)}`);
    await page.getByRole('grid').focus();
    if (Object.keys(content).length > 0) await page.locator('[data-entry]').first().waitFor();
  };
  const inputFiles = (names: Record<string, Buffer>): Promise<void> =>
    page
      .locator('input[type=file]:not([webkitdirectory])')
      .setInputFiles(Object.entries(names).map(([name, buffer]) => ({ name, mimeType: '', buffer })));
  const limitUpload = (bytesPerSecond: number): Promise<unknown> =>
    network.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: bytesPerSecond,
    });
  const clearUploads = async (): Promise<void> => {
    const panel = page.getByRole('region', { name: 'Uploads' });
    await panel.getByRole('button', { name: 'Clear the list' }).click();
    await panel.waitFor({ state: 'detached' });
  };

  it('sorts by a column, and the other way round', async () => {
    await openFolder('/sort', { 'file 10': 30, 'file 2': 20, 'file 1': 40, 'z/': 0 });
    await shows(['z', 'file 1', 'file 2', 'file 10']);
    await page.getByRole('columnheader').getByRole('button', { name: 'Size' }).click();
    await shows(['z', 'file 2', 'file 10', 'file 1']);
    await page.getByRole('columnheader').getByRole('button', { name: 'Size' }).click();
    await shows(['z', 'file 1', 'file 10', 'file 2']);
    await page.getByRole('columnheader').getByRole('button', { name: 'Name' }).click();
    await shows(['z', 'file 1', 'file 2', 'file 10']);
  });

  it('goes through folders with the keyboard alone, empty ones too', async () => {
    await openFolder('/keys', { 'inner/': 0, 'inner/deepest/': 0, 'a.txt': 1 });
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await shows(['deepest']);
    expect(await focused()).toBe('grid');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByText('This folder is empty').waitFor();
    expect(await focused()).toBe('grid');
    await page.keyboard.press('Backspace');
    await shows(['deepest']);
    await page.keyboard.press('Backspace');
    await shows(['inner', 'a.txt']);
    // The keyboard is on the folder that was left.
    await page.keyboard.press('ArrowDown');
    await page.getByRole('row', { name: 'a.txt', selected: true }).waitFor();
    await page.keyboard.press('Control+a');
    await page.getByText('2 selected').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('2 selected').waitFor({ state: 'detached' });
  });

  it('renames with F2, and says at the field that a name is taken', async () => {
    await openFolder('/names', { 'old.txt': 1, 'taken.txt': 1 });
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('F2');
    const dialog = page.getByRole('dialog');
    const field = dialog.getByRole('textbox', { name: 'Name' });
    await eventually('the name can be typed', () => field.evaluate((input) => input.matches(':focus')));
    await page.keyboard.type('taken');
    expect(await field.inputValue()).toBe('taken.txt');
    await page.keyboard.press('Enter');
    await dialog.getByText('This name is taken in the folder').waitFor();
    expect(await dialog.getByRole('alert').count()).toBe(0);
    await field.fill('new.txt');
    expect(await dialog.getByText('This name is taken in the folder').count()).toBe(0);
    await page.keyboard.press('Enter');
    await shows(['new.txt', 'taken.txt']);
    await eventually('the keyboard is back', async () => (await focused()) === 'grid');
  });

  it('deletes with the Delete key and Enter, and says what goes', async () => {
    await openFolder('/gone', { 'full/': 0, 'full/inner.txt': 1, 'a.txt': 1, 'b.txt': 1 });
    const dialog = page.getByRole('dialog');
    await row('a.txt').click();
    await page.keyboard.press('Delete');
    await dialog.getByText('"a.txt" will be gone for good.').waitFor();
    await page.keyboard.press('Enter');
    await shows(['full', 'b.txt']);
    await page.getByRole('grid').focus();
    await row('full').click();
    await page.keyboard.press('Delete');
    await dialog.getByText('"full" and everything in it will be gone for good.').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await namesIn('/gone')).toEqual(['b.txt', 'full']);
  });

  it('opens a menu for what is under the mouse, and another for the folder', async () => {
    await openFolder('/menu', { 'a.txt': 1, 'b.txt': 1, 'c.txt': 1 });
    await row('a.txt').click();
    await row('b.txt').click({ button: 'right' });
    await page.getByRole('row', { name: 'b.txt', selected: true }).waitFor();
    await page.getByText('1 selected').waitFor();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    expect(await page.getByRole('textbox', { name: 'Name' }).inputValue()).toBe('b.txt');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    // Below the rows there is the folder itself.
    await page.getByRole('grid').click({ button: 'right', position: { x: 400, y: 500 } });
    for (const name of ['New folder', 'Upload files', 'Upload a folder'])
      await page.getByRole('menuitem', { name }).waitFor();
    expect(await page.getByRole('row', { selected: true }).count()).toBe(0);
    await page.getByRole('menuitem', { name: 'Select all' }).click();
    await page.getByText('3 selected').waitFor();
    // A click into the empty space unmarks.
    await page.getByRole('grid').click({ position: { x: 400, y: 500 } });
    await page.getByText('3 selected').waitFor({ state: 'detached' });
    await page.getByRole('grid').click({ button: 'right', position: { x: 400, y: 500 } });
    await page.getByRole('menuitem', { name: 'New folder' }).click();
    await page.keyboard.type('made here');
    await page.keyboard.press('Enter');
    await shows(['made here', 'a.txt', 'b.txt', 'c.txt']);
  });

  it('moves what is dragged into a folder, and onto a step of the path', async () => {
    await openFolder('/drag', { 'into/': 0, 'a.txt': 1, 'b.txt': 1 });
    await row('a.txt').click();
    await row('b.txt').click({ modifiers: ['Control'] });
    await row('a.txt').dragTo(row('into'));
    await page.getByText('2 items are moved to /drag/into').waitFor();
    await shows(['into']);
    await row('into').dblclick();
    await shows(['a.txt', 'b.txt']);
    await row('a.txt').dragTo(page.getByRole('navigation', { name: 'Folder path' }).getByText('drag'));
    await eventuallyIn('/drag', ['a.txt', 'into']);
  });

  it('moves by a dialog, and asks once for all names that are taken', async () => {
    await openFolder('/move', {
      'to/': 0,
      'to/a.txt': 5,
      'to/b.txt': 5,
      'a.txt': 1,
      'b.txt': 1,
      'c.txt': 1,
    });
    for (const name of ['a.txt', 'b.txt', 'c.txt']) await row(name).click({ modifiers: ['Control'] });
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Move' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'to', exact: true }).click();
    await dialog.getByRole('button', { name: 'Move here' }).click();
    await page.getByRole('dialog', { name: '2 names are taken' }).waitFor();
    await page.getByText('/move/to has them already.').waitFor();
    // Enter keeps both.
    await page.keyboard.press('Enter');
    await eventually('five files', async () => (await namesIn('/move/to')).length === 5);
    expect(await namesIn('/move')).toEqual(['to']);
    expect((await admin.get('/move/to/a.txt')).length).toBe(5);
    await page.getByText('3 items are moved').waitFor();
  });

  it('uploads files and whole folders that are dropped from the desktop', async () => {
    const desktop = await tempFolder('desktop');
    await mkdir(join(desktop, 'trip', 'day 1'), { recursive: true });
    await writeFile(join(desktop, 'trip', 'day 1', 'beach.txt'), 'sand');
    await writeFile(join(desktop, 'trip', 'plan.txt'), 'go');
    await writeFile(join(desktop, 'ticket.txt'), 'seat 7');
    await openFolder('/drop', {});
    const data = {
      items: [],
      files: [join(desktop, 'trip'), join(desktop, 'ticket.txt')],
      dragOperationsMask: 1,
    };
    const drag = (type: 'dragEnter' | 'dragOver' | 'drop'): Promise<unknown> =>
      network.send('Input.dispatchDragEvent', { type, x: 800, y: 500, data });
    await drag('dragEnter');
    await drag('dragOver');
    await page.getByText('Let go to upload into this folder').waitFor();
    await drag('drop');
    await page.getByText('3 files are uploaded').waitFor();
    await shows(['trip', 'ticket.txt']);
    expect(await namesIn('/drop/trip/day 1')).toEqual(['beach.txt']);
    expect((await admin.get('/drop/ticket.txt')).toString()).toBe('seat 7');
    await clearUploads();
  });

  it('asks once about all files of an upload whose names are taken', async () => {
    await openFolder('/again', { 'a.txt': 9, 'b.txt': 9 });
    await inputFiles({
      'a.txt': Buffer.from('new'),
      'b.txt': Buffer.from('new'),
      'c.txt': Buffer.from('new'),
    });
    const dialog = page.getByRole('dialog', { name: '2 names are taken' });
    await dialog.getByText('/again has them already.').waitFor();
    await dialog.getByRole('listitem').getByText('b.txt', { exact: true }).waitFor();
    await dialog.getByRole('button', { name: 'Replace' }).click();
    await page.getByText('3 files are uploaded').waitFor();
    expect((await admin.get('/again/a.txt')).toString()).toBe('new');
    expect(await namesIn('/again')).toEqual(['a.txt', 'b.txt', 'c.txt']);
    await clearUploads();
  });

  it('pauses an upload and goes on with it, with how fast and how long, and running ones above', async () => {
    await openFolder('/pause', {});
    const film = randomBytes(12 * mebibyte);
    await inputFiles({ 'small.txt': Buffer.from('small') });
    await page.getByText('1 file is uploaded').waitFor();
    await limitUpload(2 * mebibyte);
    await inputFiles({ 'film.bin': film });
    const item = page.getByRole('listitem').filter({ hasText: 'film.bin' });
    await item.getByText(/MiB \/ 12 MiB · \S+ [KM]iB\/s · .+ left/).waitFor();
    await item.getByRole('progressbar', { name: 'Progress of film.bin' }).waitFor();
    const panel = page.getByRole('region', { name: 'Uploads' });
    expect(await panel.getByRole('listitem').first().textContent()).toContain('film.bin');
    await item.getByRole('button', { name: 'Pause' }).click();
    await item.getByText('Paused').waitFor();
    await limitUpload(-1);
    await item.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('2 files are uploaded').waitFor();
    expect(film.equals(await admin.get('/pause/film.bin'))).toBe(true);
    await clearUploads();
  });

  it('shows in the open why an upload failed, and tries it again', async () => {
    await openFolder('/fail', {});
    const error = {
      code: 'QUOTA_EXCEEDED',
      message: 'there is no room for "note.txt"',
      hint: '',
      details: {},
      requestId: 'r-1',
    };
    await page.route('**/api/v1/uploads', (route) =>
      route.fulfill({ status: 413, body: JSON.stringify({ error }) }),
    );
    await inputFiles({ 'note.txt': Buffer.from('note') });
    const item = page.getByRole('listitem').filter({ hasText: 'note.txt' });
    await item.getByText('QUOTA_EXCEEDED: there is no room for "note.txt". Delete files').waitFor();
    await page.unroute('**/api/v1/uploads');
    await item.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('1 file is uploaded').waitFor();
    await shows(['note.txt']);
    await clearUploads();
  });

  it('leads to a task without leaving the page, so that uploads go on', async () => {
    await openFolder('/watch', { 'a.txt': 1 });
    await page.evaluate('window.stillHere = true');
    await limitUpload(mebibyte);
    await inputFiles({ 'film.bin': randomBytes(6 * mebibyte) });
    await page.getByRole('progressbar', { name: 'Progress of film.bin' }).waitFor();
    await row('a.txt').click();
    await page.getByRole('button', { name: 'Compress' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Compress' }).click();
    await page.getByRole('link', { name: 'Watch', exact: true }).click();
    await page.waitForURL(/\/tasks\/[0-9a-f-]+$/);
    await page.getByRole('heading', { name: 'What happened' }).waitFor();
    expect(await page.evaluate('window.stillHere')).toBe(true);
    await limitUpload(-1);
    await page.getByText('1 file is uploaded').waitFor();
    expect(await namesIn('/watch')).toContain('film.bin');
    await clearUploads();
  });

  it('says of a folder that is not there that it is not, with a way on', async () => {
    await admin.call('POST', '/api/v1/folders', { path: '/home' });
    await page.goto(`${master.url}/files?path=/home/nobody`);
    await page.getByRole('heading', { level: 1, name: 'This folder is not here' }).waitFor();
    await page.getByRole('link', { name: 'Go to home' }).click();
    await page.getByText('This folder is empty').waitFor();
  });

  it('shows names as text, whatever they hold', async () => {
    let asked = 0;
    page.on('dialog', (dialog) => {
      asked += 1;
      void dialog.dismiss();
    });
    const names = naughtyStrings.map((name) => name.normalize('NFC'));
    await page.setViewportSize({ width: 1440, height: 5_000 });
    await openFolder('/naughty', Object.fromEntries(names.map((name) => [name, 1])));
    for (const layout of ['List', 'Tiles'] as const) {
      await page.getByText(layout, { exact: true }).click({ force: true });
      const shown = await eventually('all names are on screen', async () => {
        const titles = await page
          .locator('[data-entry] [title]')
          .evaluateAll((labels) => labels.map((label) => label.textContent));
        return titles.length === names.length && titles;
      });
      expect(shown.toSorted()).toEqual(names.toSorted());
    }
    expect(await page.locator('#root :is(iframe, img, script, details)').count()).toBe(0);
    await page.getByText('List', { exact: true }).click({ force: true });
    await page.setViewportSize({ width: 1440, height: 900 });
    expect(asked).toBe(0);
  });

  it('shows a short name whole on a phone, and keeps sizes off the edge of the screen', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await openFolder('/short', { 'short.txt': 1 });
    const entry = page.locator('[data-entry="short.txt"]');
    for (const layout of ['Tiles', 'List'] as const) {
      await page.getByText(layout, { exact: true }).click({ force: true });
      const name = entry.locator('[title]');
      await name.waitFor();
      const cutPx = await name.evaluate((label) => label.scrollHeight - label.clientHeight);
      expect([layout, cutPx <= 1]).toEqual([layout, true]);
    }
    const edge = await page.evaluate<string>(paddingOfSize);
    expect(Number.parseFloat(edge)).toBeGreaterThan(8);
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  it('breaks no rule of its own content security policy, and throws nothing', () => {
    expect(page.complaints).toEqual([]);
  });
});

const paddingOfSize = `getComputedStyle([...document.querySelectorAll('[data-entry="short.txt"] *')].find((one) =>
  one.textContent === '1 B')).paddingRight`;
