import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeZip } from '../support/make-zip.ts';
import { type OpenConsole, openConsole } from '../support/open-console.ts';
import { closeAll, tempFolder } from '../support/programs.ts';

const many = 6_000;

describe('files in the console, many and large', () => {
  let master: OpenConsole['master'];
  let admin: OpenConsole['admin'];
  let page: OpenConsole['page'];

  beforeAll(async () => {
    const entries = Array.from({ length: many }, (_, index) => ({
      name: `file ${String(index).padStart(5, '0')}.txt`,
      content: Buffer.from(`${index}`),
    }));
    const prepare = async (api: OpenConsole['admin']): Promise<void> => {
      await api.put('/many.zip', makeZip(entries));
      const task = await api.submit({
        kind: 'extract-archive',
        source: '/many.zip',
        destination: '/many',
      });
      await api.ended(task.id, 110_000);
    };
    ({ master, admin, page } = await openConsole({ path: '/files', prepare }));
  });
  afterAll(closeAll);

  it('scrolls through a folder of 6 000 files with few rows in the page', async () => {
    await page.goto(`${master.url}/files?path=/many`);
    await page.getByRole('row', { name: /file 00000/ }).waitFor();
    await page.locator(`[aria-rowcount="${many + 1}"]`).waitFor();
    await page.getByRole('grid').focus();
    await page.keyboard.press('End');
    await page.getByRole('row', { name: /file 05999/ }).waitFor();
    expect(await page.getByRole('row').count()).toBeLessThan(100);
    await page.mouse.move(720, 450);
    for (let turn = 0; turn < 10; turn += 1) await page.mouse.wheel(0, -4_000);
    await expect.poll(() => page.getByRole('row', { name: /file 05999/ }).count()).toBe(0);
    expect(await page.getByRole('row').count()).toBeLessThan(100);
  });

  it('says what a selection of folders holds before it is compressed', async () => {
    await page.goto(`${master.url}/files`);
    await page.getByRole('row', { name: /^many/ }).first().click();
    await page.getByRole('button', { name: 'Compress' }).click();
    await page.getByRole('dialog').getByText('6,000 files').waitFor();
    await page.keyboard.press('Escape');
  });

  it('asks for the password of an archive whose names are encrypted', async () => {
    await admin.put('/diary.txt', Buffer.from('dear diary'));
    const task = await admin.submit({
      kind: 'create-archive',
      sources: ['/diary.txt'],
      destination: '/diary.7z',
      password: 'sesame',
    });
    await admin.ended(task.id);
    await page.getByRole('row', { name: /diary\.7z/ }).dblclick();
    const dialog = page.getByRole('dialog');
    const password = dialog.getByRole('textbox', { name: 'Password of the archive' });
    await password.fill('wrong');
    await dialog.getByRole('button', { name: 'Open', exact: true }).click();
    await dialog.getByText('This password does not open it').waitFor();
    await password.fill('sesame');
    await dialog.getByRole('button', { name: 'Open', exact: true }).click();
    await dialog.getByText('diary.txt', { exact: true }).waitFor();
    await dialog.getByRole('button', { name: 'Extract everything' }).click();
    await page.getByRole('row', { name: /^diary(?!\.)/ }).waitFor();
  });

  it('goes on with an upload where it was, after a reload', async () => {
    const path = join(await tempFolder('upload'), 'film.bin');
    const bytes = randomBytes(48 * 1024 * 1024);
    await writeFile(path, bytes);
    const network = await page.context().newCDPSession(page);
    const limit = (uploadThroughput: number): Promise<unknown> =>
      network.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput,
      });
    const offsets: number[] = [];
    page.on('request', (request) => {
      if (request.method() === 'PATCH') offsets.push(Number(request.headers()['upload-offset']));
    });
    await network.send('Network.enable');
    await limit(12 * 1024 * 1024);
    const input = page.locator('input[type=file]:not([webkitdirectory])').first();
    await input.setInputFiles(path);
    await page
      .getByText(/^[1-9]\d\S* MiB \/ 48 MiB/)
      .first()
      .waitFor();
    await page.reload();
    await page.getByRole('grid').waitFor();
    const before = offsets.length;
    await limit(-1);
    await input.setInputFiles(path);
    await page.getByText('1 file is uploaded').waitFor();
    expect(offsets[before]).toBeGreaterThan(0);
    expect(bytes.equals(await admin.get('/film.bin'))).toBe(true);
  });

  it('breaks no rule of its own content security policy, and throws nothing', () => {
    expect(page.complaints).toEqual([]);
  });
});
