import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signIn as signInToApi, type TaskRequest } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { examined, examineOnPhone, examinePage } from '../support/examine-page.ts';
import { makeZip } from '../support/make-zip.ts';
import { openBrowser, openPage, signIn } from '../support/open-browser.ts';
import { closeAll, type RunningMaster, startMaster } from '../support/programs.ts';

let master: RunningMaster;
let browser: Browser;

/** Of a task that failed, one with entries that were not done, and one that ended well. */
const taskIds: Record<'failed' | 'rejected' | 'done', string> = { failed: '', rejected: '', done: '' };

beforeAll(async () => {
  master = await startMaster();
  const admin = await signInToApi(master.url);
  const run = async (request: TaskRequest): Promise<string> =>
    (await admin.ended((await admin.submit(request)).id)).id;
  await admin.put('/notes.txt', Buffer.from('notes'));
  await admin.put('/odd.zip', makeZip([entry('fine.txt'), entry('../outside.txt')]));
  taskIds.failed = await run({ kind: 'extract-archive', source: '/notes.txt', destination: '/out' });
  taskIds.rejected = await run({ kind: 'extract-archive', source: '/odd.zip', destination: '/out' });
  taskIds.done = await run({
    kind: 'create-archive',
    sources: ['/notes.txt'],
    destination: '/notes.zip',
  });
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await closeAll();
});

const entry = (name: string) => ({ name, content: Buffer.from(name) });

const paths = (): string[] => [
  '/files',
  '/files?path=/nowhere',
  '/tasks',
  '/tasks/xyz',
  ...Object.values(taskIds).map((id) => `/tasks/${id}`),
  '/account',
  '/admin',
  '/admin/nodes',
  '/admin/nodes/new',
  '/admin/nodes/nowhere',
  ...['overview', 'test', 'edit', 'config'].map((tab) => `/admin/nodes/embedded?tab=${tab}`),
  '/admin/tasks',
  '/admin/users',
  '/admin/groups',
  '/admin/audit',
  '/admin/settings',
];

/** Examined with people, groups and their history in them, in people.test.ts; here for what a phone shows of them. */
const onPhoneOnly = ['/account', '/admin/users', '/admin/groups', '/admin/audit', '/admin/settings'];

type Dialog = {
  path: () => string;
  open: (page: Page) => Promise<void>;
  /** What is examined; without it the page behind as well. */
  part?: '[role=dialog]' | '[role=menu]';
};

/** Where each dialog is opened, and how. */
const dialogs: Record<string, Dialog> = {
  compress: {
    path: () => '/files',
    open: async (page) => {
      await page.getByRole('row', { name: /notes\.txt/ }).click();
      await page.getByRole('button', { name: 'Compress' }).click();
      await page.getByRole('dialog').getByText('1 file, 5 B').waitFor();
    },
  },
  'user menu': {
    part: '[role=menu]',
    path: () => '/files',
    open: async (page) => {
      await page.getByRole('button', { name: /admin/ }).click();
      await page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
    },
  },
  'menu of files': {
    part: '[role=menu]',
    path: () => '/files',
    open: async (page) => {
      await page.getByRole('row', { name: /notes\.txt/ }).click({ button: 'right' });
      await page.getByRole('menuitem', { name: 'Delete' }).waitFor();
    },
  },
  'menu of a folder': {
    part: '[role=menu]',
    path: () => '/files',
    open: async (page) => {
      await page.getByRole('grid').click({ button: 'right', position: { x: 400, y: 500 } });
      await page.getByRole('menuitem', { name: 'New folder' }).waitFor();
    },
  },
  deletion: {
    part: '[role=dialog]',
    path: () => '/files',
    open: async (page) => {
      await page.getByRole('row', { name: /notes\.txt/ }).click();
      await page.getByRole('grid').press('Delete');
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).waitFor();
    },
  },
  'actions of a task': {
    part: '[role=menu]',
    path: () => '/tasks',
    open: async (page) => {
      await page
        .getByRole('button', { name: /^Actions for/ })
        .first()
        .click();
      await page.getByRole('menuitem', { name: 'Forget this task' }).waitFor();
    },
  },
  'extraction of several': {
    part: '[role=dialog]',
    path: () => '/files',
    open: async (page) => {
      await page.getByRole('row', { name: /odd\.zip/ }).click();
      await page.getByRole('row', { name: /notes\.zip/ }).click({ modifiers: ['Control'] });
      await page.getByRole('button', { name: 'Extract' }).click();
      await page.getByRole('dialog').getByText('odd.zip → odd').waitFor();
    },
  },
  extract: {
    part: '[role=dialog]',
    path: () => '/files',
    open: async (page) => {
      await page.getByRole('row', { name: /odd\.zip/ }).dblclick();
      await page.getByRole('dialog').getByText('fine.txt', { exact: true }).waitFor();
    },
  },
  retry: {
    part: '[role=dialog]',
    path: () => `/tasks/${taskIds.failed}`,
    open: async (page) => {
      await page.getByRole('button', { name: 'Run again' }).click();
      await page.getByRole('dialog').getByRole('combobox', { name: 'Node' }).waitFor();
    },
  },
  'clean up': {
    part: '[role=dialog]',
    path: () => '/admin/tasks',
    open: async (page) => {
      await page.getByRole('button', { name: 'Clean up' }).click();
      await page.getByRole('dialog').getByRole('checkbox').first().waitFor();
    },
  },
};

describe('findings of WCAG 2.2 AA', () => {
  let page: Page;
  beforeAll(async () => {
    page = await openPage(browser, examined);
    await page.goto(`${master.url}/files`);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
  });
  afterAll(() => page.context().close());

  it('are nowhere where one signs in', async () => {
    expect(await examinePage(page)).toEqual([]);
    await signIn(page);
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
  });

  it('are on no page, in dark, in light, on a phone', async () => {
    const found: Record<string, string[]> = {};
    for (const path of paths()) {
      await page.goto(`${master.url}${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor({ state: 'attached' });
      const whole = onPhoneOnly.includes(path) ? [] : await examinePage(page);
      found[path] = [...whole, ...(await examineOnPhone(page))];
    }
    expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, []])));
  });

  it('are in no dialog and in no menu, in dark, in light', async () => {
    const found: Record<string, string[]> = {};
    for (const [name, dialog] of Object.entries(dialogs)) {
      await page.goto(`${master.url}${dialog.path()}`);
      await dialog.open(page);
      found[name] = await examinePage(page, dialog.part);
    }
    expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, []])));
  });
});

it('in Chinese no sentence of English is left on any page', async () => {
  const page = await openPage(browser, { locale: 'zh-CN' });
  await page.goto(`${master.url}/files`);
  await signIn(page);
  await page.getByRole('navigation', { name: '主导航' }).waitFor();
  const admin = await signInToApi(master.url);
  const setEnabled = (enabled: boolean): Promise<unknown> =>
    admin.call('PATCH', '/api/v1/nodes/embedded', { enabled });
  await setEnabled(false);
  const waiting = await admin.submit({ kind: 'extract-archive', source: '/odd.zip', destination: '/later' });
  await eventually('why it waits', async () => (await admin.task(waiting.id)).parts[0]?.waiting);
  const left: Record<string, string[]> = {};
  const look = async (name: string): Promise<void> => {
    const lines = await page.evaluate<string[]>(visibleLines);
    left[name] = lines.filter((line) => english.test(line) && line !== scopes);
  };
  for (const path of [...paths(), '/admin/groups', '/admin/audit', `/tasks/${waiting.id}`]) {
    await page.goto(`${master.url}${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor({ state: 'attached' });
    await eventually(`all of ${path} is there`, async () => !(await page.evaluate(skeletons)));
    await look(path);
  }
  await page.getByText('没有节点可以接手').waitFor();
  await setEnabled(true);
  await admin.ended(waiting.id);
  await page.goto(`${master.url}/admin/nodes/embedded?tab=test`);
  await page.getByRole('button', { name: '测试连接' }).click();
  await page.getByText('一切正常').waitFor();
  await look('a test of a node');
  expect(left).toEqual(Object.fromEntries(Object.keys(left).map((name) => [name, []])));
  await page.context().close();
});

/** Three words of the small letters in a row. Names, codes, units and paths are none. */
const english = /\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b/;

/** The value of a setting: what an identity provider is asked for. */
const scopes = 'openid profile email';

/** What is to be read, but for what is quoted as it is: code, and what nodes have logged. */
const visibleLines = `[...document.querySelectorAll('body *')]
  .filter((one) => !one.closest('code, pre, [role=log], script, style') && one.checkVisibility())
  .flatMap((one) => [...one.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()))
  .filter((text) => text !== '')`;

const skeletons = `document.querySelector('.mantine-Skeleton-root') !== null`;
