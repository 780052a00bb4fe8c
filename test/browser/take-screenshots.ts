import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Task } from '@longshore/protocol';
import type { Page } from 'playwright-core';
import { type Api, signIn as signInToApi, type TaskRequest } from '../support/api.ts';
import { addSlave, untilOnline } from '../support/cluster.ts';
import { openBrowser, openPage, signIn } from '../support/open-browser.ts';
import { adminPassword, closeAll, root, startMaster, tempFolder } from '../support/programs.ts';
import { cliUser } from '../support/run-cli.ts';
import { seedHistory } from '../support/seed-history.ts';

/**
 * Pictures of every page of a console that has something to show, or of those whose file name contains one of the
 * arguments: `node test/browser/take-screenshots.ts task nodes-wide`.
 */
const wanted = process.argv.slice(2);
const isWanted = (name: string): boolean => wanted.length === 0 || wanted.some((part) => name.includes(part));

let admin: Api;

const uploadError = JSON.stringify({
  error: {
    code: 'NO_SPACE',
    message: 'the storage has 12 KiB left, and the file has 9 MiB',
    hint: 'Free some space on the machine of the master.',
    details: {},
    requestId: '0198f2a0',
  },
});

const sizes = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } };
const schemes = ['light', 'dark'] as const;

const samples: Record<string, number> = {
  'documents/Lease agreement.pdf': 240_000,
  'documents/Budget 2026.xlsx': 48_000,
  'music/Harbour at dawn.flac': 9_400_000,
  'projects/console/main.ts': 4_200,
  'Holiday film.mp4': 26_000_000,
  'Notes.md': 3_100,
};
for (let index = 1; index <= 40; index++)
  samples[`photos/2026/IMG_${1200 + index}.jpg`] = 180_000 + index * 9_973;

const pages: Record<string, (page: Page, url: string) => Promise<void>> = {
  files: (page, url) => open(page, `${url}/files`),
  'files-tiles': async (page, url) => {
    await open(page, `${url}/files?path=/photos/2026`);
    await page.getByText('Tiles', { exact: true }).click({ force: true });
    await page.getByRole('gridcell').first().waitFor();
  },
  'files-menu': async (page, url) => {
    await open(page, `${url}/files`);
    await page.getByText('photos.zip', { exact: true }).click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Extract' }).waitFor();
  },
  'files-delete': async (page, url) => {
    await open(page, `${url}/files`);
    await page.getByText('Notes.md', { exact: true }).click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('dialog').waitFor();
  },
  'files-missing': (page, url) => open(page, `${url}/files?path=/photos/2025`),
  uploads: async (page, url) => {
    await open(page, `${url}/files`);
    await page.route('**/api/v1/uploads', (route) => route.fulfill({ status: 413, body: uploadError }));
    const files = ['Notes.md', 'Sunset.png'].map((name) => ({
      name,
      mimeType: '',
      buffer: Buffer.from(name),
    }));
    await page.locator('input[type=file]:not([webkitdirectory])').first().setInputFiles(files);
    await page.getByText('2 files did not arrive').waitFor();
    await page.unroute('**/api/v1/uploads');
  },
  compress: async (page, url) => {
    await open(page, `${url}/files`);
    await page.getByText('Notes.md', { exact: true }).waitFor();
    await page.getByRole('grid').focus();
    await page.keyboard.press('Control+a');
    await page.getByRole('button', { name: 'Compress' }).click();
    await page.getByLabel('Name of the archive').waitFor();
  },
  extract: async (page, url) => {
    await open(page, `${url}/files`);
    await page.getByText('photos.zip', { exact: true }).dblclick();
    await page.getByRole('button', { name: 'Open 2026' }).click();
    await page.getByRole('checkbox', { name: /IMG_1203/ }).check();
    await page.getByRole('checkbox', { name: /IMG_1204/ }).check();
  },
  'extract-many': async (page, url) => {
    await open(page, `${url}/files`);
    await page.getByRole('grid').focus();
    for (const name of ['photos.zip', 'archive.tar.gz']) {
      await page.getByText(name, { exact: true }).click({ modifiers: ['Control'] });
    }
    await page.getByRole('button', { name: 'Extract' }).click();
    await page.getByRole('dialog').getByRole('list').waitFor();
  },
  'task-missing': (page, url) => open(page, `${url}/tasks/xyz`),
  'tasks-filter': async (page, url) => {
    await open(page, `${url}/admin/tasks?state=["completed"]`);
    const button = page.getByRole('button', { name: 'Filter', exact: false }).first();
    if (await button.isVisible()) await button.click();
  },
  tasks: async (page, url) => {
    await startSlowTask();
    await open(page, `${url}/tasks`);
    await page.getByText(/[1-9]\S* MiB \/ /).waitFor({ timeout: 15_000 });
  },
  task: async (page, url) => {
    await open(page, `${url}/tasks`);
    await page.getByRole('article').last().getByRole('link').click();
    await page.getByRole('heading', { name: 'What happened' }).waitFor();
  },
  'task-running': async (page, url) => {
    const { id } = await startSlowTask();
    await open(page, `${url}/tasks/${id}`);
    await page.getByText(/[1-9]\S* MiB \/ /).waitFor({ timeout: 15_000 });
  },
  'task-shared': async (page, url) => {
    const { id } = await admin.submit({
      kind: 'extract-archive',
      source: '/photos.zip',
      destination: '/shared',
      conflict: 'rename',
    });
    await open(page, `${url}/tasks/${id}`);
    await page.locator('[data-attempt-state=completed]').first().waitFor();
  },
  'task-failed': async (page, url) => {
    await open(page, `${url}/tasks?state=["failed"]`);
    await page.getByRole('article').first().getByRole('link').click();
    await page.getByRole('heading', { name: 'What happened' }).waitFor();
  },
  account: (page, url) => open(page, `${url}/account`),
  dashboard: (page, url) => open(page, `${url}/admin`),
  'dashboard-day': (page, url) => open(page, `${url}/admin?span=day`),
  nodes: (page, url) => open(page, `${url}/admin/nodes`),
  node: (page, url) => open(page, `${url}/admin/nodes/attic`),
  'node-edit': (page, url) => open(page, `${url}/admin/nodes/attic?tab=edit`),
  'node-config': async (page, url) => {
    await open(page, `${url}/admin/nodes/attic?tab=config`);
    await page.getByRole('group', { name: 'TempPath' }).waitFor();
  },
  'node-key': async (page, url) => {
    await open(page, `${url}/admin/nodes/attic?tab=edit`);
    await page.getByRole('button', { name: 'Make a new secret' }).click();
    await page.getByRole('radio').first().waitFor();
  },
  'node-test': async (page, url) => {
    await open(page, `${url}/admin/nodes/attic?tab=test`);
    await page.getByRole('button', { name: 'Test the connection' }).click();
    await page.getByText('Everything works').waitFor();
  },
  'new-node': (page, url) => open(page, `${url}/admin/nodes/new`),
  'new-node-config': async (page, url) => {
    // From the picture before, if there was one.
    await admin.send('DELETE', '/api/v1/nodes/garage');
    await open(page, `${url}/admin/nodes/new`);
    await page.getByLabel('Name', { exact: true }).fill('garage');
    await page.getByLabel('Address', { exact: true }).fill('http://10.0.0.5:5213');
    await page.getByRole('button', { name: 'Make its configuration' }).click();
    await page.getByTestId('conf-ini').waitFor();
  },
  'all-tasks': (page, url) => open(page, `${url}/admin/tasks`),
  users: async (page, url) => {
    await open(page, `${url}/admin/users`);
    await page.getByRole('button', { name: 'Edit mara' }).waitFor();
  },
  'user-edit': async (page, url) => {
    await open(page, `${url}/admin/users`);
    await page.getByRole('button', { name: 'Edit mara' }).click();
    await page.getByLabel('Own storage limit', { exact: true }).waitFor();
  },
  'user-created': async (page, url) => {
    await open(page, `${url}/admin/users`);
    await page.getByRole('button', { name: 'Add a user' }).click();
    await page.getByLabel('Name', { exact: true }).fill(`guest-${Date.now() % 100_000}`);
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByTestId('secret').waitFor();
  },
  groups: async (page, url) => {
    await open(page, `${url}/admin/groups`);
    await page.getByRole('article').first().waitFor();
  },
  'group-edit': async (page, url) => {
    await open(page, `${url}/admin/groups`);
    await page.getByRole('article', { name: 'Students' }).getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('Name of the group').waitFor();
  },
  'two-factor': async (page, url) => {
    await open(page, `${url}/account`);
    await page.getByRole('button', { name: 'Set up two-factor' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Current password' }).fill(adminPassword);
    await dialog.getByRole('button', { name: 'Next' }).click();
    await dialog.getByRole('img', { name: 'QR code' }).waitFor();
  },
  audit: async (page, url) => {
    await open(page, `${url}/admin/audit`);
    await page
      .getByRole('button', { name: /changed a group\s+Students/ })
      .first()
      .click();
    await page.getByRole('columnheader', { name: 'Before' }).waitFor();
  },
  settings: async (page, url) => {
    await open(page, `${url}/admin/settings`);
    await page.getByRole('region', { name: 'Master' }).first().waitFor();
  },
};

async function open(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByRole('heading', { level: 1 }).waitFor({ state: 'attached' });
}

/** A master with a past, three nodes, one of which has died, and tasks of every outcome. */
async function furnish(): Promise<string> {
  let master = await startMaster();
  admin = await signInToApi(master.url);
  const attic = await addSlave(admin, { name: 'attic', weight: 3 });
  // Slow, so that there is something to see while it works.
  const nas = await addSlave(admin, {
    name: 'nas',
    weight: 2,
    env: { LONGSHORE_SLAVE_MAX_BANDWIDTH: '3 MiB' },
  });
  const shed = await addSlave(admin, { name: 'shed' });
  await shed.program.kill();
  const { dataPath } = master;
  const listen = new URL(master.url).host;
  await master.stop();
  await seedHistory(dataPath);
  master = await startMaster({ dataPath, listen, env: { LONGSHORE_TASKS_SPLIT_ABOVE: '4 MiB' } });
  for (const { name } of [attic, nas]) await untilOnline(admin, name);
  const cli = cliUser(await tempFolder('cli'));
  await cli.run(['login', master.url, '--user', 'admin', '--password-stdin'], {
    input: `${adminPassword}\n`,
  });
  const folder = await tempFolder('samples');
  for (const [path, bytes] of Object.entries(samples)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    // As photographs are, of a size that compressing does not change.
    await writeFile(join(folder, path), randomBytes(bytes));
  }
  const tops = [...new Set(Object.keys(samples).map((path) => path.split('/')[0] ?? ''))];
  await cli.run(['put', ...tops.map((top) => join(folder, top)), '/']);
  const run = async (request: TaskRequest): Promise<void> => {
    await admin.ended((await admin.submit({ node: 'attic', ...request })).id);
  };
  await run({ kind: 'create-archive', sources: ['/photos'], destination: '/photos.zip' });
  await run({ kind: 'extract-archive', source: '/photos.zip', destination: '/restored' });
  await run({ kind: 'extract-archive', source: '/Notes.md', destination: '/nowhere' });
  await run({
    kind: 'create-archive',
    sources: ['/documents', '/music'],
    destination: '/archive.tar.gz',
  });
  await cli.run(['groups', 'add', 'Students', '--quota', '20GiB', '--max-tasks', '4']);
  await cli.run([
    'groups',
    'edit',
    'Students',
    '--max-extracted',
    '50GiB',
    '--max-tasks',
    '2',
    '--nodes',
    'attic',
  ]);
  await cli.run(['users', 'add', 'mara', '--group', 'Students']);
  await cli.run(['users', 'add', 'jonas', '--quota', '100GiB']);
  await cli.run(['users', 'add', 'ines', '--group', 'Students']);
  await cli.run(['users', 'edit', 'ines', '--disable']);
  await cli.run(['tokens', 'add', 'backup', '--read-only', '--expires', '90d']);
  return master.url;
}

/** Something that is at work while the picture is taken. */
const startSlowTask = (): Promise<Task> =>
  admin.submit({
    kind: 'create-archive',
    sources: ['/Holiday film.mp4', '/music'],
    destination: '/holiday.zip',
    node: 'nas',
    conflict: 'rename',
  });

async function takeAll(): Promise<number> {
  const out = join(root, 'screenshots');
  await mkdir(out, { recursive: true });
  const url = await furnish();
  const browser = await openBrowser();
  let failed = 0;
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of schemes) {
      const page = await openPage(browser, { viewport, colorScheme, reducedMotion: 'reduce' });
      await page.goto(url);
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
      await page.screenshot({ path: join(out, `sign-in-${size}-${colorScheme}.png`), timeout: 60_000 });
      await signIn(page);
      await page.getByText('Notes.md', { exact: true }).waitFor();
      const dismiss = page.getByRole('button', { name: 'Hide the first steps' });
      await dismiss.waitFor();
      if (isWanted(`first-steps-${size}-${colorScheme}`)) {
        await page.screenshot({ path: join(out, `first-steps-${size}-${colorScheme}.png`) });
      }
      await dismiss.click();
      for (const [name, prepare] of Object.entries(pages)) {
        if (!isWanted(`${name}-${size}-${colorScheme}`)) continue;
        try {
          await prepare(page, url);
          // Skeletons are gone and charts are drawn.
          await page.waitForTimeout(700);
        } catch (error) {
          failed += 1;
          process.stderr.write(`${name} ${size} ${colorScheme}: ${String(error)}\n`);
        }
        await page.screenshot({ path: join(out, `${name}-${size}-${colorScheme}.png`), timeout: 60_000 });
      }
      await page.context().close();
    }
  }
  await browser.close();
  return failed;
}

try {
  process.exitCode = (await takeAll()) === 0 ? 0 : 1;
} finally {
  await closeAll();
}
