/**
 * The console in Debian's Chromium: how much script its first page loads, and how long after a task has ended the page
 * shows it, by the clock that master and browser share.
 *
 *   node bench/console.ts [tasks, default 40]
 */
import { loadavg } from 'node:os';
import { signIn as signInToApi } from '../test/support/api.ts';
import { addSlave } from '../test/support/cluster.ts';
import { openBrowser, openPage, signIn } from '../test/support/open-browser.ts';
import { closeAll, startMaster } from '../test/support/programs.ts';
import { percentile } from './lib/cluster.ts';

const count = Number(process.argv[2] ?? 40);

const master = await startMaster({ embeddedNode: false });
const browser = await openBrowser();
try {
  const admin = await signInToApi(master.url);
  await addSlave(admin, { name: 'anna' });
  const page = await openPage(browser);
  let scriptBytes = 0;
  let scripts = 0;
  page.on('response', (response) => {
    if (!response.url().endsWith('.js')) return;
    scripts += 1;
    scriptBytes += Number(response.headers()['content-length'] ?? 0);
  });
  // Without it the browser asks for brotli, which is smaller still.
  await page.route('**/*.js', (route) =>
    route.continue({ headers: { ...route.request().headers(), 'accept-encoding': 'gzip' } }),
  );
  await page.goto(`${master.url}/files`);
  await signIn(page);
  await page.getByRole('grid').or(page.getByText('Bring your first files')).waitFor();
  [scripts, scriptBytes] = [0, 0];
  await page.reload();
  await page.getByText('Bring your first files').waitFor();
  const first = { scripts, kB: Math.round(scriptBytes / 100) / 10 };

  await page.goto(`${master.url}/tasks`);
  await page.getByText('Nothing to watch yet').waitFor();
  const delaysMs: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const task = await admin.submit({ kind: 'check' });
    const seenAtMs = await page.evaluate<number>(untilShown(task.id));
    const { finishedAtMs } = await admin.task(task.id);
    delaysMs.push(seenAtMs - (finishedAtMs ?? 0));
  }
  process.stdout.write(
    `first load: ${first.kB} kB of script (gzip) in ${first.scripts} files\n` +
      `task ended → on screen, ${count} tasks: p50 ${percentile(delaysMs, 0.5)} ms, ` +
      `p99 ${percentile(delaysMs, 0.99)} ms, most ${Math.max(...delaysMs)} ms\n` +
      `load ${loadavg()[0]?.toFixed(1)}\n`,
  );
} finally {
  await browser.close();
  await closeAll();
}

/** For the page: when its card of a task says that it is completed, looked at whenever the page changes. */
function untilShown(id: string): string {
  return `new Promise((resolve) => {
    const look = () => {
      const card = document.querySelector('a[href="/tasks/${id}"]')?.closest('article');
      if (!card?.textContent.includes('Completed')) return false;
      resolve(Date.now());
      return true;
    };
    if (look()) return;
    const observer = new MutationObserver(() => { if (look()) observer.disconnect(); });
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
  })`;
}
