import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const check = `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then((result) =>
  result.violations.map((found) => found.id + ': ' + found.nodes.map((node) => node.html).join(' | ')))`;

/** What axe finds against WCAG 2.2 AA on a page as it is now. The page must bypass its policy, which would keep axe out. */
export async function examinePage(page: Page): Promise<string[]> {
  await page.evaluate(await axe);
  return page.evaluate<string[]>(check);
}
