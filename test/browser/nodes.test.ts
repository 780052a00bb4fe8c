import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Node } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.ts';
import { addSlave, type ClusterSlave, freePort } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { masterOfSlaves, type OpenConsole, openConsole } from '../support/open-console.ts';
import { closeAll } from '../support/programs.ts';

const hostile = '<img src=x onerror=alert(1)>';

/** What an administrator does with nodes, on two slaves of which one has a wrong clock. */
describe('nodes in the console', () => {
  let master: OpenConsole['master'];
  let admin: Api;
  let anna: ClusterSlave;
  let page: OpenConsole['page'];
  let asked = 0;
  const proxy = createServer((_request, response) =>
    response
      .writeHead(502, { 'content-type': 'text/html', server: hostile })
      .end('<html><head><title>502 Bad Gateway</title></head></html>'),
  );

  beforeAll(async () => {
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const prepare = async (api: Api): Promise<void> => {
      anna = await addSlave(api, { name: 'anna', env: { LONGSHORE_SLAVE_MAX_BANDWIDTH: '1 MiB' } });
      const clock = await createFakeClock(600);
      await addSlave(api, { name: 'hasty', env: clock.env, untilOnline: false });
    };
    ({ master, admin, page } = await openConsole({ path: '/admin/nodes', master: masterOfSlaves, prepare }));
    page.on('dialog', (dialog) => {
      asked += 1;
      void dialog.dismiss();
    });
  });
  afterAll(async () => {
    proxy.close();
    await closeAll();
  });

  const inDatabase = (statement: string, ...values: (string | number)[]): void => {
    const database = new DatabaseSync(join(master.dataPath, 'longshore.db'), { timeout: 10_000 });
    database.prepare(statement).run(...values);
    database.close();
  };
  const show = (name: string, tab: string): Promise<unknown> =>
    page.goto(`${master.url}/admin/nodes/${name}?tab=${tab}`);

  /** Saves a node that cannot pass, as its form allows, and tests it there. */
  async function addAndTest(name: string, url: string): Promise<void> {
    await page.goto(`${master.url}/admin/nodes/new`);
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByLabel('Address', { exact: true }).fill(url);
    await page.getByRole('button', { name: 'Make its configuration' }).click();
    await page.getByRole('button', { name: 'It is started' }).click();
    await page.getByRole('button', { name: 'Test the connection' }).click();
  }

  async function expectFault(
    step: string,
    told: { code: string; evidence: string; fix: RegExp },
  ): Promise<void> {
    await page.getByRole('button', { name: 'Test again' }).waitFor();
    const failed = page.locator('.mantine-Timeline-item', { has: page.locator('[data-status=failed]') });
    expect(await failed.count()).toBe(1);
    expect(await failed.locator(`[data-step=${step}]`).count()).toBe(1);
    const text = await failed.textContent();
    expect(text).toContain(`${told.code}: `);
    expect(text).toContain(told.evidence);
    expect(text).toMatch(told.fix);
  }

  it.each([
    {
      fault: 'a name that nobody knows',
      url: () => 'http://no-such-host.invalid:5213',
      step: 'resolve',
      code: 'NODE_UNRESOLVABLE',
      evidence: 'no-such-host.invalid',
      fix: /host name/,
    },
    {
      fault: 'a port where nobody listens',
      url: async () => `http://127.0.0.1:${await freePort()}`,
      step: 'connect',
      code: 'NODE_REFUSED',
      evidence: 'ECONNREFUSED',
      fix: /Start the slave/,
    },
    {
      fault: 'the page of a proxy, whose name is shown as text',
      url: () => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      step: 'slave',
      code: 'NODE_NOT_A_SLAVE',
      evidence: hostile,
      fix: /proxy/,
    },
    {
      fault: 'a slave with another secret',
      url: () => `http://localhost:${anna.program.port}`,
      step: 'signature',
      code: 'KEY_UNKNOWN',
      evidence: 'key',
      fix: /secret/,
    },
  ])('the test of a node that is being added finds $fault', async ({ fault: _, url, step, ...told }) => {
    await addAndTest(`n-${step}`, await url());
    await expectFault(step, told);
    expect(asked).toBe(0);
  });

  it('an address that is put right there passes', async () => {
    await page.getByLabel('Address').fill(`http://localhost:${await freePort()}`);
    await page.getByRole('button', { name: 'Save the address' }).click();
    await page.getByRole('button', { name: 'Test the connection' }).click();
    await expectFault('connect', { code: 'NODE_REFUSED', evidence: 'ECONNREFUSED', fix: /Start the slave/ });
  });

  it('finds a clock that is off, and the dashboard asks for attention', async () => {
    await show('hasty', 'test');
    await page.getByRole('button', { name: 'Test the connection' }).click();
    await expectFault('clock', { code: 'CLOCK_SKEW', evidence: 'clock', fix: /NTP/ });
    await page.goto(`${master.url}/admin`);
    await page.getByRole('alert').getByText('hasty').first().waitFor();
  });

  it('shows the steps of a node that is well, as they come', async () => {
    await show('anna', 'test');
    await page.getByRole('button', { name: 'Test the connection' }).click();
    await page.getByText('Everything works').waitFor();
    expect(await page.locator('[data-status=failed]').count()).toBe(0);
  });

  it('tells the second of two tabs that the node was edited', async () => {
    await show('anna', 'edit');
    const other = await page.context().newPage();
    await other.goto(`${master.url}/admin/nodes/anna?tab=edit`);
    await page.getByLabel('Weight').fill('3');
    await other.getByLabel('Weight').fill('7');
    await other.getByRole('button', { name: 'Save' }).click();
    await other.getByText('Saved; in force at once').waitFor();
    await page.getByRole('alert').getByText('Somebody else has edited this node').waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Load theirs' }).click();
    expect(await page.getByLabel('Weight').inputValue()).toBe('7');
    expect((await admin.node('anna')).weight).toBe(7);
    await other.close();
  });

  it('rotates a secret: the slave that gets the new line ends the old one', async () => {
    await show('anna', 'edit');
    await page.getByRole('button', { name: 'Make a new secret' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Make a new secret' }).click();
    const line = (await dialog.getByTestId('secret-line').textContent()) ?? '';
    await page.keyboard.press('Escape');
    await page.getByText('The old and the new secret are both accepted').waitFor();
    const { confPath } = anna.program;
    const conf = await readFile(confPath, 'utf8');
    await writeFile(confPath, conf.replace(/^Secret = .*$/m, line));
    await page.getByText('The old and the new secret are both accepted').waitFor({ state: 'detached' });
    expect((await admin.node('anna')).oldKey).toBeNull();
  });

  it('shows every setting in force with where it comes from', async () => {
    await show('anna', 'config');
    const setting = (name: string) => page.getByRole('group', { name, exact: true });
    await setting('MaxBandwidth').getByText('LONGSHORE_SLAVE_MAX_BANDWIDTH').waitFor();
    await setting('MaxBandwidth')
      .getByText(/iB\/s$/)
      .waitFor();
    await setting('Mode')
      .getByText(/conf\.ini:\d+/)
      .waitFor();
    await setting('GracePeriod').getByText('1 min', { exact: true }).waitFor();
    await page.getByRole('switch', { name: 'Only what differs from the default' }).check();
    await setting('GracePeriod').waitFor({ state: 'detached' });
  });

  it('the switches of a node act at once, and what it may do when it is saved', async () => {
    const becomes = (wanted: Partial<Node>): Promise<unknown> =>
      eventually(JSON.stringify(wanted), async () => {
        const node = await admin.node('anna');
        return Object.entries(wanted).every(
          ([name, value]) => JSON.stringify(node[name as keyof Node]) === JSON.stringify(value),
        );
      });
    await show('anna', 'overview');
    const draining = page.getByRole('switch', { name: 'Drain' });
    const enabled = page.getByRole('switch', { name: 'Enabled' });
    await draining.click();
    await becomes({ draining: true });
    await page.getByText('Draining', { exact: true }).waitFor();
    await draining.click();
    await becomes({ draining: false });
    await enabled.click();
    await becomes({ enabled: false });
    await page.getByText('Disabled', { exact: true }).waitFor();
    await enabled.click();
    await becomes({ enabled: true });
    await show('anna', 'edit');
    for (const capabilities of [['create-archive'], ['create-archive', 'extract-archive']] as const) {
      await page.getByRole('checkbox', { name: 'Extract' }).click();
      await page.getByRole('button', { name: 'Save' }).click();
      await becomes({ capabilities: [...capabilities] });
    }
  });

  it('N7 a node in quarantine is trusted again from its page', async () => {
    const reason = { code: 'STORAGE_FAILED', message: `the store ${hostile} broke`, hint: '', details: {} };
    inDatabase(
      'update nodes set quarantine_reason = ?, quarantined_at_ms = 1, probe_at_ms = 9e12, probe_pause_ms = 60000 where name = ?',
      JSON.stringify(reason),
      'anna',
    );
    await show('anna', 'overview');
    const alert = page.getByRole('alert').filter({ hasText: reason.message });
    await alert.getByRole('button', { name: 'Trust it again' }).click();
    await alert.waitFor({ state: 'detached' });
    expect((await admin.node('anna')).quarantine).toBeNull();
    expect(asked).toBe(0);
  });

  it('offers the numbers of a chart as a table', async () => {
    const minuteMs = 60_000;
    const atMs = (Math.floor(Date.now() / minuteMs) - 1) * minuteMs;
    inDatabase(
      `insert into task_samples (step_ms, at_ms, submitted, completed, failed, canceled, queued, running, oldest_wait_ms)
       values (60000, ?, 43, 42, 1, 0, 0, 0, 0)
       on conflict (step_ms, at_ms) do update set completed = 42`,
      atMs,
    );
    await page.goto(`${master.url}/admin`);
    await page.getByRole('button', { name: 'Tasks that ended, as a table' }).click();
    const table = page.getByRole('region', { name: 'Tasks that ended' }).getByRole('table');
    await table.getByRole('columnheader', { name: 'Time' }).waitFor();
    await table.getByRole('cell', { name: '42', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Tasks that ended, as a table' }).click();
    await table.waitFor({ state: 'detached' });
  });

  it('deletes no node that holds work, and says why', async () => {
    await admin.put('/film.bin', randomBytes(8 * 1024 * 1024));
    const task = await admin.submit({
      kind: 'create-archive',
      sources: ['/film.bin'],
      destination: '/film.zip',
      node: 'anna',
    });
    await page.goto(`${master.url}/tasks/${task.id}`);
    await page.locator('[data-attempt-state=running]').waitFor();
    await show('anna', 'edit');
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('alert').getByText('NODE_IN_USE').waitFor();
    // On a busy machine it has ended by itself by now.
    await admin.send('POST', `/api/v1/tasks/${task.id}/cancel`);
  });

  it('breaks no rule of its own content security policy, and throws nothing', () => {
    expect(page.complaints).toEqual([]);
  });
});
