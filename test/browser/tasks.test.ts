import { randomBytes } from 'node:crypto';
import type { Task } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, addUser } from '../support/api.ts';
import { addSlave, type ClusterSlave } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { makeZip } from '../support/make-zip.ts';
import { openPage, signIn } from '../support/open-browser.ts';
import { masterOfSlaves, type OpenConsole, openConsole } from '../support/open-console.ts';
import { closeAll } from '../support/programs.ts';

const hostile = '<img src=x onerror=alert(1)>';
const slow = { LONGSHORE_SLAVE_MAX_BANDWIDTH: '1 MiB' };
const filmMiB = 24;

/** Tasks on screen while they run, on two slaves of which one is slow enough to be caught at it. */
describe('tasks in the console', () => {
  let master: OpenConsole['master'];
  let admin: Api;
  let anna: ClusterSlave;
  let browser: OpenConsole['browser'];
  let page: OpenConsole['page'];

  beforeAll(async () => {
    const prepare = async (api: Api): Promise<void> => {
      anna = await addSlave(api, { name: 'anna', env: slow });
      await addSlave(api, { name: 'berta' });
      await api.put('/film.bin', randomBytes(filmMiB * 1024 * 1024));
    };
    ({ master, admin, browser, page } = await openConsole({
      path: '/tasks',
      master: masterOfSlaves,
      prepare,
    }));
  });
  afterAll(closeAll);

  const compress = (destination: string, node: string | null): Promise<Task> =>
    admin.submit({ kind: 'create-archive', sources: ['/film.bin'], destination, node });
  const open = (task: Task): Promise<unknown> => page.goto(`${master.url}/tasks/${task.id}`);
  const drain = (draining: boolean): Promise<unknown> =>
    admin.call('PATCH', '/api/v1/nodes/berta', { draining });

  const shown = (count: number): Promise<unknown> =>
    eventually(`${count} tasks on screen`, async () => (await page.getByRole('article').count()) === count);

  it('shows how far a task is and what its node logs, while it runs, and cancels it', async () => {
    const task = await compress('/slow.zip', 'anna');
    await open(task);
    const facts = page.getByText(new RegExp(`^\\S+ (B|KiB|MiB) / ${filmMiB} MiB · `));
    const bytes: number[] = [];
    await eventually('four values on screen', async () => {
      const [number, unit = ''] = ((await facts.textContent()) ?? '').split(' ');
      const shown = Number(number) * ({ B: 1, KiB: 1024, MiB: 1024 ** 2 }[unit] ?? Number.NaN);
      if (shown !== bytes.at(-1)) bytes.push(shown);
      return bytes.length >= 4;
    });
    expect(bytes).toEqual(bytes.toSorted((a, b) => a - b));
    expect(bytes.at(-1)).toBeLessThan(filmMiB * 1024 ** 2);
    await page.getByText(/ · \S+ (KiB|MiB)\/s · .* left$/).waitFor();
    const share = Number(
      await page.getByRole('progressbar', { name: 'Progress' }).getAttribute('aria-valuenow'),
    );
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThan(100);
    await page.getByRole('log').getByText('try begins').waitFor();
    await page.locator('[data-attempt="1"][data-attempt-state=running]').waitFor();
    await eventually('the title with it', async () => (await page.title()) === '(1) Task · Longshore');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Canceled', { exact: true }).waitFor();
    await eventually('the title without it', async () => (await page.title()) === 'Task · Longshore');
    await page.getByRole('button', { name: 'Run again' }).waitFor();
    expect((await admin.send('GET', '/api/v1/files/stat?path=/slow.zip')).status).toBe(404);
  });

  it('runs it again on another node, as a task that is linked to it', async () => {
    const before = page.url();
    await page.getByRole('button', { name: 'Run again' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'Node' }).click();
    await page.getByRole('option', { name: 'berta' }).click();
    await dialog.getByRole('button', { name: 'Run again' }).click();
    await page.locator('[data-attempt="1"]').getByText('berta').waitFor();
    await page.getByText('Completed', { exact: true }).waitFor();
    await page.getByText('Retry of').waitFor();
    await page.getByRole('link', { name: '/slow.zip' }).click();
    await page.getByRole('row', { name: /slow\.zip/ }).waitFor();
    // Back is back: to the retry, then to the task that was canceled.
    await page.goBack();
    await page.locator('[data-attempt="1"]').getByText('berta').waitFor();
    await page.goBack();
    await page.getByText('Canceled', { exact: true }).waitFor();
    expect(page.url()).toBe(before);
  });

  it('a killed slave loses its task to another, before the eyes of who watches', async () => {
    await drain(true);
    const task = await compress('/moved.zip', null);
    await open(task);
    await page.locator('[data-attempt="1"][data-attempt-state=running]').waitFor();
    await page.locator('[data-attempt="1"]').getByText('anna').waitFor();
    await drain(false);
    await anna.program.kill();
    await page.locator('[data-attempt="1"][data-attempt-state=lost]').waitFor();
    await page.locator('[data-attempt="2"]').getByText('berta').waitFor();
    await page.getByText('Completed', { exact: true }).waitFor();
    expect((await admin.task(task.id)).state).toBe('completed');
    await page.goto(`${master.url}/admin`);
    await page.getByRole('alert').getByText('anna was last heard').waitFor();
    await page.getByRole('link', { name: 'Nodes' }).click();
    const card = page.locator('[data-node=anna][data-status=offline]');
    await card.getByText(/^As of .+ ago, when it was last heard$/).waitFor();
    await page.getByRole('region', { name: 'Share of the work' }).getByText('berta').waitFor();
    await page.goBack();
    await anna.restart();
    await page.getByRole('alert').getByText('anna was last heard').waitFor({ state: 'detached' });
  });

  it('is told of what ends', async () => {
    await page.goto(`${master.url}/tasks`);
    await page.getByRole('article').first().waitFor();
    const task = await admin.submit({ kind: 'check', node: 'berta' });
    const card = page.getByRole('article').filter({ has: page.locator(`a[href="/tasks/${task.id}"]`) });
    await card.getByText('Completed', { exact: true }).waitFor();
  });

  it('names in archives, of files and in errors are text, whatever they hold', async () => {
    const archive = makeZip([
      { name: `${hostile}.txt`, content: Buffer.from('well') },
      { name: `../${hostile}`, content: Buffer.from('bad') },
    ]);
    const path = `/${hostile}.zip`;
    await admin.put(path, archive);
    await admin.put(`/${hostile}`, Buffer.from('no archive'));
    let asked = 0;
    page.on('dialog', (dialog) => {
      asked += 1;
      void dialog.dismiss();
    });
    await page.goto(`${master.url}/files`);
    await page.getByRole('row', { name: `${hostile}.zip` }).dblclick();
    await page.getByRole('dialog').getByText(`${hostile}.txt`, { exact: true }).waitFor();
    const extracted = await admin.submit({ kind: 'extract-archive', source: path, destination: '/out' });
    await admin.ended(extracted.id);
    await open(extracted);
    await page
      .getByRole('region', { name: 'Entries that were not done' })
      .getByText(hostile)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Try these again' }).click();
    await page.getByRole('dialog').getByText('only what was not done, 1 entry').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Run again' }).click();
    await page.waitForURL((url) => !url.pathname.endsWith(extracted.id));
    const again = await admin.ended(new URL(page.url()).pathname.split('/').at(-1) ?? '');
    expect(again.retryOf).toBe(extracted.id);
    expect(again.rejectedEntries).toBe(1);
    expect(again.outputs).toEqual([]);
    const failed = await admin.submit({
      kind: 'extract-archive',
      source: `/${hostile}`,
      destination: '/out',
    });
    await admin.ended(failed.id);
    await open(failed);
    await page.getByRole('alert').getByText(hostile).waitFor();
    expect(asked).toBe(0);
  });

  it('finds the tasks of others by user and request id, in the address, and handles many at once', async () => {
    const ulla = await addUser(admin, 'ulla');
    const tasks = await Promise.all([1, 2, 3].map(() => ulla.submit({ kind: 'check' })));
    await Promise.all(tasks.map((task) => ulla.ended(task.id)));
    await page.goto(`${master.url}/admin/tasks`);
    const user = page.getByRole('textbox', { name: 'User' });
    const places = await page.evaluate('history.length');
    await user.click();
    // So slow that the first letters are told while the others are typed.
    await page.keyboard.type('ulla', { delay: 350 });
    await page.waitForURL(/user=ulla/);
    expect(await user.inputValue()).toBe('ulla');
    expect(await page.evaluate('history.length')).toBe(places);
    await shown(3);
    await page.reload();
    await shown(3);
    await page.getByRole('textbox', { name: 'Request id' }).click();
    await page.keyboard.type(tasks[0]?.requestId ?? '');
    await shown(1);
    await page.getByRole('button', { name: 'Clear filters' }).click();
    expect(await user.inputValue()).toBe('');
    await page.getByRole('checkbox', { name: 'Select all shown' }).check();
    await page.getByRole('group', { name: 'Selection' }).waitFor();
    await user.click();
    await page.keyboard.type('ulla');
    await shown(3);
    // What is no longer shown is no longer marked.
    await page.getByRole('group', { name: 'Selection' }).waitFor({ state: 'detached' });
    await page.getByRole('checkbox', { name: 'Select all shown' }).check();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('No task matches').waitFor();
    const { tasks: left } = await ulla.call<{ tasks: Task[] }>('GET', '/api/v1/tasks');
    expect(left).toEqual([]);
  });

  it('narrows down by kind, node and time', async () => {
    const tasks = async (query: string): Promise<number> =>
      (await admin.call<{ tasks: Task[] }>('GET', `/api/v1/tasks?limit=500&${query}`)).tasks.length;
    const choose = async (filter: string, option: string): Promise<void> => {
      await page.getByRole('combobox', { name: filter }).click();
      await page.getByRole('option', { name: option }).click();
    };
    await page.goto(`${master.url}/tasks`);
    await choose('Kind', 'Extract');
    await page.waitForURL(/extract-archive/);
    await shown(await tasks('kind=extract-archive'));
    await choose('Node', 'berta');
    await page.waitForURL(/node=berta/);
    await shown(await tasks('kind=extract-archive&node=berta'));
    await page.goBack();
    await shown(await tasks('kind=extract-archive'));
    await choose('Time', 'Last hour');
    await page.waitForURL(/hours=1/);
    await shown(await tasks('kind=extract-archive'));
    const later = await openPage(browser);
    await later.clock.setSystemTime(Date.now() + 2 * 3_600_000);
    await later.goto(page.url());
    await signIn(later);
    await later.getByText('No task matches').waitFor();
    await later.context().close();
  });

  it('cancels many at once, and runs them again', async () => {
    await drain(true);
    await admin.call('PATCH', '/api/v1/nodes/anna', { draining: true });
    const otto = await addUser(admin, 'otto');
    await otto.put('/a.txt', Buffer.from('a'));
    for (const destination of ['/1.zip', '/2.zip', '/3.zip']) {
      await otto.submit({ kind: 'create-archive', sources: ['/a.txt'], destination });
    }
    await page.goto(`${master.url}/admin/tasks?user=otto`);
    await shown(3);
    const bar = page.getByRole('group', { name: 'Selection' });
    await page.getByRole('checkbox', { name: 'Select all shown' }).check();
    await bar.getByRole('button', { name: 'Cancel' }).click();
    await eventually('three are canceled', async () => {
      return (await page.getByRole('article').getByText('Canceled', { exact: true }).count()) === 3;
    });
    await page.getByRole('checkbox', { name: 'Select all shown' }).check();
    await bar.getByRole('button', { name: 'Run again' }).click();
    await shown(6);
    await drain(false);
    await admin.call('PATCH', '/api/v1/nodes/anna', { draining: false });
    await eventually('three are done', async () => {
      const { tasks } = await otto.call<{ tasks: Task[] }>('GET', '/api/v1/tasks?state=completed');
      return tasks.length === 3;
    });
  });

  it('says of a task that it was deleted elsewhere, and of one that never was', async () => {
    const task = await admin.submit({ kind: 'check', node: 'berta' });
    await admin.ended(task.id);
    await open(task);
    await page.getByRole('heading', { name: 'What happened' }).waitFor();
    await admin.call('DELETE', `/api/v1/tasks/${task.id}`);
    await page.getByRole('heading', { level: 1, name: 'This task was deleted' }).waitFor();
    for (const id of [task.id, 'xyz']) {
      await page.goto(`${master.url}/tasks/${id}`);
      await page.getByRole('heading', { level: 1, name: 'There is no such task' }).waitFor();
    }
    await page.getByRole('link', { name: 'Go to your tasks' }).click();
    await page.getByRole('heading', { level: 1, name: 'Tasks' }).waitFor();
  });

  it('cleans up by age', async () => {
    const count = async (): Promise<number> =>
      (await admin.call<{ tasks: Task[] }>('GET', '/api/v1/tasks?limit=500')).tasks.length;
    const before = await count();
    expect(before).toBeGreaterThan(0);
    await page.goto(`${master.url}/tasks`);
    await page.getByRole('button', { name: 'Clean up' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'How old' }).click();
    await page.getByRole('option', { name: 'Older than 1 day' }).click();
    await dialog.getByRole('button', { name: 'Clean up' }).click();
    await page.getByText('0 tasks are forgotten').waitFor();
    expect(await count()).toBe(before);
  });

  it('cleans up by how tasks have ended', async () => {
    await page.goto(`${master.url}/tasks?state=["failed"]`);
    await page.getByRole('article').first().waitFor();
    await page.getByRole('button', { name: 'Clean up' }).click();
    const dialog = page.getByRole('dialog');
    for (const state of ['Completed', 'Completed with errors', 'Canceled']) {
      await dialog.getByRole('checkbox', { name: state, exact: true }).uncheck();
    }
    await dialog.getByRole('button', { name: 'Clean up' }).click();
    await page.getByText('No task matches').waitFor();
    const { tasks: left } = await admin.call<{ tasks: Task[] }>('GET', '/api/v1/tasks');
    expect(left.length).toBeGreaterThan(0);
    expect(left.some(({ state }) => state === 'failed')).toBe(false);
  });

  it('breaks no rule of its own content security policy, and throws nothing', () => {
    expect(page.complaints).toEqual([]);
  });
});
