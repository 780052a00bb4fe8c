import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { totpCode } from '../../packages/master/src/accounts/one-time-code.ts';
import { eventually } from '../support/eventually.ts';
import { examined, examinePage } from '../support/examine-page.ts';
import { startIdentityProvider, type TestIdentityProvider } from '../support/identity-provider.ts';
import { openBrowser, openPage, signIn } from '../support/open-browser.ts';
import { closeAll, type RunningMaster, startMaster } from '../support/programs.ts';

const naughty = '"><img src=x onerror=alert(1)>{{7*7}}';
const ownPassword = 'a password of my own';
const adaPassword = 'analytical engine';

/** Accounts and administration at the console, from the first start on. */
describe('people at the console', () => {
  let master: RunningMaster;
  let url: string;
  let provider: TestIdentityProvider;
  let browser: Browser;
  /** The administrator's. */
  let page: Page & { complaints: string[] };
  const pages: { complaints: string[] }[] = [];
  let asked = 0;
  let adaOneTime: string;

  const newPage = async (options: Parameters<typeof openPage>[1] = {}) => {
    const opened = await openPage(browser, options);
    pages.push(opened);
    opened.on('dialog', (dialog) => {
      asked += 1;
      void dialog.dismiss();
    });
    return opened;
  };
  const addUser = async (name: string, fill: () => Promise<void> = async () => {}): Promise<string> => {
    await page.goto(`${url}/admin/users`);
    await page.getByRole('button', { name: 'Add a user' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill(name);
    await fill();
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.getByText(`${name} is created`).waitFor();
    const password = await dialog.getByTestId('secret').textContent();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    return password ?? '';
  };

  beforeAll(async () => {
    const port = await freePort();
    // Passkeys belong to a name, not to an address.
    url = `http://localhost:${port}`;
    provider = await startIdentityProvider(`${url}/api/v1/oidc/callback`);
    master = await startMaster({
      listen: `127.0.0.1:${port}`,
      env: {
        LONGSHORE_ADMIN_PASSWORD: '',
        LONGSHORE_SITE_PUBLIC_URL: url,
        LONGSHORE_OIDC_ISSUER: provider.issuer,
        LONGSHORE_OIDC_CLIENT_ID: provider.clientId,
        LONGSHORE_OIDC_CLIENT_SECRET: provider.clientSecret,
        LONGSHORE_OIDC_SCOPES: 'openid profile',
        LONGSHORE_OIDC_NAME: 'Harbour ID',
      },
    });
    browser = await openBrowser();
    page = await newPage();
  });
  afterAll(async () => {
    await browser?.close();
    provider?.close();
    await closeAll();
  });

  it('a first start: the one-time password, then one of their own, then the page that was asked for', async () => {
    const password = await eventually('the password is printed', () =>
      Promise.resolve(/One-time password +(\S+)/.exec(master.output())?.[1]),
    );
    await page.goto(`${url}/admin/groups`);
    await signIn(page, 'admin', password);
    await page.getByRole('heading', { name: 'Welcome, admin' }).waitFor();
    await setPassword(page, password ?? '', ownPassword);
    await page.getByRole('article', { name: 'Administrators' }).waitFor();
  });

  it('U1 a group with limits, and a user in it', async () => {
    await page.getByRole('button', { name: 'Add a group' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name of the group').fill(naughty);
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.getByText('1 to 63 letters').waitFor();
    await dialog.getByLabel('Name of the group').fill('Students');
    await dialog.getByLabel('Storage', { exact: true }).fill('20');
    await dialog.getByLabel('Tasks at once').fill('2');
    await dialog.getByRole('button', { name: 'Create' }).click();
    const card = page.getByRole('article', { name: 'Students' });
    await card.getByText('20 GiB').waitFor();
    await card.getByText('2 tasks').waitFor();
    adaOneTime = await addUser('ada', async () => {
      await page.getByRole('combobox', { name: 'Group' }).last().click();
      await page.getByRole('option', { name: 'Students' }).click();
    });
    expect(adaOneTime.length).toBeGreaterThan(10);
    await page.getByRole('row', { name: /ada/ }).getByText('0 B of 20 GiB used').waitFor();
    await page.goto(`${url}/admin/groups`);
    await card.getByText('1 user').waitFor();
  });

  it('U1 a group that is in use is not deleted, and the reason is said', async () => {
    await page.getByRole('button', { name: 'More about Students' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('GROUP_IN_USE').waitFor();
    await page.getByText('Move its users to another group first.').waitFor();
    await page.getByRole('article', { name: 'Students' }).waitFor();
  });

  it('users are found by a word and a group, which are in the address', async () => {
    await page.goto(`${url}/admin/users?group=Students`);
    await page.getByText('1 user', { exact: true }).waitFor();
    expect(await page.getByRole('row', { name: /admin/ }).count()).toBe(0);
    await page.getByLabel('Search for a name').fill('zzz');
    await page.getByText('Nobody fits these filters').waitFor();
    await page.waitForURL(/q=zzz/);
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByRole('row', { name: /admin/ }).waitFor();
  });

  it('U2 a new user sees the limits, and turns two-factor on', async () => {
    const ada = await newPage();
    await ada.goto(`${url}/account`);
    await signIn(ada, 'ada', adaOneTime);
    await setPassword(ada, adaOneTime, adaPassword);
    const limits = ada.getByRole('region', { name: 'What you may use' });
    await limits.getByText('20 GiB').waitFor();
    await limits.getByText('2 tasks').waitFor();
    await ada.getByRole('button', { name: 'Set up two-factor' }).click();
    const dialog = ada.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Current password' }).fill(adaPassword);
    await dialog.getByRole('button', { name: 'Next' }).click();
    await dialog.getByRole('img', { name: 'QR code' }).waitFor();
    const secret = (await dialog.getByTestId('totp-secret').textContent()) ?? '';
    await ada.keyboard.type(codeOf(secret, 0));
    await dialog.getByText('Keep these recovery codes').waitFor();
    const codes = await dialog.getByTestId('recovery-codes').locator('pre').allTextContents();
    expect(codes).toHaveLength(10);
    await dialog.getByRole('button', { name: 'I have kept them' }).click();
    await ada.getByText('10 recovery codes left').waitFor();

    await ada.context().clearCookies();
    await ada.reload();
    await signIn(ada, 'ada', adaPassword);
    await ada.getByRole('heading', { name: 'One more step' }).waitFor();
    await ada.getByLabel('Code of your authenticator app').fill('000000');
    await ada.getByRole('button', { name: 'Sign in', exact: true }).click();
    await ada.getByText('SECOND_FACTOR_WRONG').waitFor();
    // The code of now has been used to turn it on.
    await ada.getByLabel('Code of your authenticator app').fill(codeOf(secret, 1));
    await ada.getByRole('button', { name: 'Sign in', exact: true }).click();
    await ada.getByText('10 recovery codes left').waitFor();
    await ada.getByRole('button', { name: 'New recovery codes' }).click();
    await dialog.getByRole('textbox', { name: 'Current password' }).fill(adaPassword);
    await dialog.getByLabel('Code of your authenticator app').fill(codes[0] ?? '');
    await dialog.getByRole('button', { name: 'New recovery codes' }).click();
    const renewed = dialog.getByTestId('recovery-codes').locator('pre');
    await renewed.first().waitFor();
    expect(await renewed.allTextContents()).not.toContain(codes[1]);
    await ada.context().close();
  });

  it('U2 an administrator turns off the two-factor of somebody who has lost everything', async () => {
    await page.goto(`${url}/admin/users`);
    await page.getByRole('button', { name: 'More about ada' }).click();
    await page.getByRole('menuitem', { name: 'Turn off two-factor' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Turn off two-factor' }).click();
    await page.getByText('Two-factor of ada is off').waitFor();
    const ada = await newPage();
    await ada.goto(`${url}/account`);
    await signIn(ada, 'ada', adaPassword);
    await ada.getByRole('button', { name: 'Set up two-factor' }).waitFor();
    await ada.context().close();
  });

  it('U2 a passkey is added, signs in without name and password, and is removed', async () => {
    const ada = await newPage();
    const devTools = await ada.context().newCDPSession(ada);
    await devTools.send('WebAuthn.enable');
    await devTools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await ada.goto(`${url}/account`);
    await signIn(ada, 'ada', adaPassword);
    await ada.getByRole('button', { name: 'Add a passkey' }).click();
    const dialog = ada.getByRole('dialog');
    await dialog.getByLabel('Name of the passkey').fill(naughty);
    await dialog.getByRole('textbox', { name: 'Current password' }).fill(adaPassword);
    await dialog.getByRole('button', { name: 'Add a passkey' }).click();
    await ada.getByText('Your passkey is added').waitFor();
    await ada.getByText(naughty, { exact: true }).waitFor();

    await ada.context().clearCookies();
    await ada.reload();
    await ada.getByRole('button', { name: 'Use a passkey' }).click();
    await ada.getByText(naughty, { exact: true }).waitFor();
    await ada.getByRole('button', { name: 'Remove the passkey' }).click();
    await ada.getByRole('button', { name: 'Delete' }).click();
    await ada.getByText(naughty, { exact: true }).waitFor({ state: 'detached' });
    await ada.context().close();
  });

  it('sessions are listed and ended, and a token is shown once', async () => {
    const [laptop, phone] = [await newPage(), await newPage()];
    for (const opened of [laptop, phone]) {
      await opened.goto(`${url}/account`);
      await signIn(opened, 'ada', adaPassword);
      await opened.getByRole('heading', { name: 'Your account' }).waitFor();
    }
    const sessions = phone.getByRole('region', { name: 'Where you are signed in' });
    await sessions.getByText('here', { exact: true }).waitFor();
    await sessions.getByRole('button', { name: 'End all others' }).click();
    await sessions.getByRole('button', { name: 'End all others' }).waitFor({ state: 'detached' });
    await laptop.reload();
    await laptop.getByRole('button', { name: 'Use a passkey' }).waitFor();
    await phone.getByLabel('What it is for').fill(naughty);
    await phone.getByRole('button', { name: 'Create' }).click();
    const token = await phone.getByTestId('secret').textContent();
    const answer = await fetch(`${url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
    expect(await answer.json()).toMatchObject({ name: 'ada' });
    await phone.getByText(naughty, { exact: true }).waitFor();
    for (const opened of [laptop, phone]) await opened.context().close();
  });

  it('U2 the identity provider signs in whom an administrator awaits, and tells others why not', async () => {
    await addUser('grace', async () => {
      await page.getByLabel('Login at the identity provider').fill('grace@harbour');
    });
    await page.getByRole('row', { name: /grace/ }).getByText('login awaited').waitFor();
    provider.signInAs({ sub: 's-1', login: 'grace@harbour' });
    const grace = await newPage();
    await grace.goto(`${url}/account`);
    await grace.getByRole('link', { name: 'Continue with Harbour ID' }).click();
    // Nobody has told her the one-time password: she has none to replace.
    await grace.getByRole('heading', { name: /Your account|Welcome/ }).waitFor();
    provider.signInAs({ sub: 's-2', login: naughty });
    const mallory = await newPage();
    await mallory.goto(`${url}/tasks`);
    await mallory.getByRole('link', { name: 'Continue with Harbour ID' }).click();
    await mallory.getByText('OIDC_NOT_LINKED').waitFor();
    await mallory.getByText(`"${naughty}" of ${provider.issuer} belongs to no user here`).waitFor();
    expect(new URL(mallory.url()).pathname).toBe('/tasks');
    await mallory.reload();
    await mallory.getByRole('button', { name: 'Use a passkey' }).waitFor();
    expect(await mallory.getByText('OIDC_NOT_LINKED').count()).toBe(0);
    for (const opened of [grace, mallory]) await opened.context().close();
  });

  it('U3 the audit log tells who has done what, with the values before and after', async () => {
    await page.goto(`${url}/admin/users`);
    await page.getByRole('button', { name: 'Edit ada' }).click();
    await page.getByRole('dialog').getByLabel('Own storage limit', { exact: true }).fill('5');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('row', { name: /ada/ }).getByText('0 B of 5 GiB used').waitFor();
    await page.goto(`${url}/admin/audit`);
    await page.getByRole('combobox', { name: 'Any action' }).click();
    await page.getByRole('option', { name: 'changed a user' }).click();
    const entry = page.getByRole('button', { name: /changed a user\s+ada/ }).first();
    await entry.click();
    const row = page.getByRole('row', { name: /Storage/ });
    await row.getByText('5 GiB').waitFor();
    await page.getByRole('button', { name: 'Copy' }).first().waitFor();
    expect(new URL(page.url()).searchParams.get('action')).toBe('user.update');
    await page.goBack();
    await page.getByRole('button', { name: /added a group\s+Students/ }).waitFor();
    await page.goto(`${url}/admin/audit?action=sign-in.failed`);
    await page
      .getByRole('button', { name: /failed to sign in/ })
      .first()
      .click();
    await page.getByText(naughty, { exact: true }).waitFor();
    await page.goto(`${url}/admin/audit?user=ada`);
    for (const action of ['turned two-factor on', 'renewed recovery codes', 'added a passkey']) {
      await page.getByRole('listitem').getByText(action, { exact: true }).first().waitFor();
    }
  });

  it('W3 settings show where they come from, and are searched', async () => {
    await page.goto(`${url}/admin/settings`);
    await page.getByText('LONGSHORE_SITE_PUBLIC_URL').waitFor();
    await page.getByRole('switch', { name: 'Only what differs' }).check({ force: true });
    await page.getByText('LogLevel', { exact: true }).waitFor({ state: 'detached' });
    await page.getByLabel('Search settings').fill('secret');
    await page.getByText('ClientSecret', { exact: true }).waitFor();
    expect(await page.getByText(provider.clientSecret).count()).toBe(0);
    await page.waitForURL(/q=secret/);
  });

  it('on a phone every user is a card, with the same that can be done', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${url}/admin/users`);
    const card = page.getByRole('article', { name: 'ada' });
    await card.getByRole('button', { name: 'Edit ada' }).waitFor();
    expect(await page.getByRole('table').count()).toBe(0);
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByRole('row', { name: /ada/ }).waitFor();
  });

  it('speaks Chinese on every page of these', async () => {
    const other = await newPage({ locale: 'zh-CN' });
    await other.goto(`${url}/admin/users`);
    await signIn(other, 'admin', ownPassword);
    await other.getByRole('heading', { level: 1, name: '用户', exact: true }).waitFor();
    for (const [path, heading] of Object.entries({
      '/admin/users': '用户',
      '/admin/groups': '用户组',
      '/admin/audit': '审计日志',
      '/admin/settings': '设置',
      '/account': '我的账户',
    })) {
      await other.goto(`${url}${path}`);
      await other.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
    }
    await other.context().close();
  });

  it('no page and no dialog has a finding of WCAG 2.2 AA, in dark and in light', async () => {
    const seen = await openPage(browser, examined);
    await seen.goto(`${url}/account`);
    await signIn(seen, 'admin', ownPassword);
    await seen.getByRole('heading', { name: 'Your account' }).waitFor();
    const found: Record<string, string[]> = {};
    const ready = {
      '/account': () => seen.getByRole('button', { name: 'Add a passkey' }),
      '/admin/users': () => seen.getByRole('row', { name: /grace/ }),
      '/admin/groups': () => seen.getByRole('article', { name: 'Students' }),
      '/admin/audit': () => seen.getByRole('button', { name: /added a group\s+Students/ }),
      '/admin/settings': () => seen.getByText('LONGSHORE_SITE_PUBLIC_URL'),
    };
    for (const [path, sign] of Object.entries(ready)) {
      await seen.goto(`${url}${path}`);
      await sign().waitFor();
      found[path] = await examinePage(seen);
    }
    const dialogs = [
      ['/admin/users', 'Edit ada', 'Own storage limit'],
      ['/admin/users', 'Add a user', 'Own storage limit'],
      ['/admin/groups', 'Add a group', 'Name of the group'],
      ['/account', 'Set up two-factor', 'Current password'],
      ['/account', 'Add a passkey', 'Name of the passkey'],
    ] as const;
    for (const [path, button, field] of dialogs) {
      await seen.goto(`${url}${path}`);
      await seen.getByRole('button', { name: button }).first().click();
      await seen.getByRole('dialog').getByRole('textbox', { name: field }).first().waitFor();
      found[button] = await examinePage(seen, '[role=dialog]');
    }
    await seen.goto(`${url}/admin/audit`);
    await seen
      .getByRole('button', { name: /changed a user\s+ada/ })
      .first()
      .click();
    await seen.getByRole('columnheader', { name: 'Before' }).waitFor();
    found['an entry of the log'] = await examinePage(seen);
    expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, []])));
    await seen.context().close();
  });

  it('U1 a user becomes an administrator, is kept out, let in again, and deleted', async () => {
    const oneTime = await addUser('temp');
    const row = page.getByRole('row', { name: /temp/ });
    const choose = async (what: string): Promise<void> => {
      await page.getByRole('button', { name: 'More about temp' }).click();
      await page.getByRole('menuitem', { name: what, exact: true }).click();
    };
    await choose('Edit');
    await page.getByRole('dialog').getByRole('combobox', { name: 'Role' }).click();
    await page.getByRole('option', { name: 'Administrator' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await row.getByText('Administrator').waitFor();
    await choose('Disable');
    await row.getByText('disabled', { exact: true }).waitFor();
    const theirs = await newPage();
    await theirs.goto(url);
    await signIn(theirs, 'temp', oneTime);
    await theirs.getByText('WRONG_CREDENTIALS').waitFor();
    await choose('Let in again');
    await row.getByText('disabled', { exact: true }).waitFor({ state: 'detached' });
    await signIn(theirs, 'temp', oneTime);
    await theirs.getByRole('heading', { name: 'Welcome, temp' }).waitFor();
    await choose('Delete');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await row.waitFor({ state: 'detached' });
    await theirs.goto(`${url}/files`);
    await theirs.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    await theirs.context().close();
  });

  it('runs no name as code, breaks no rule of its own policy, and throws nothing', () => {
    expect(asked).toBe(0);
    expect(pages.flatMap(({ complaints }) => complaints)).toEqual([]);
  });
});

async function setPassword(page: Page, current: string, next: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Current password' }).fill(current);
  await page.getByRole('textbox', { name: 'New password', exact: true }).fill(next);
  await page.getByRole('textbox', { name: 'New password again' }).fill(next);
  await page.getByRole('button', { name: 'Set password' }).click();
}

/** What an authenticator app shows now, or some steps later. */
function codeOf(secret: string, later: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replaceAll(' ', '')]
    .map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0'))
    .join('');
  const bytes = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  return totpCode(bytes, Math.floor(Date.now() / 30_000) + later);
}

/** The provider must know the address of the master before it is started. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
