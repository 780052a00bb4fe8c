import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const everything = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const colours = ['color-contrast', 'link-in-text-block'];
/** What may differ where there is less room. */
const room = [
  'aria-allowed-attr',
  'aria-required-children',
  'button-name',
  'link-name',
  'list',
  'listitem',
  'scrollable-region-focusable',
  'target-size',
];

/** What stands out of the page to the side, and in no box that scrolls. */
const cutOff = `[...document.querySelectorAll('#content *')].filter((one) => one.checkVisibility() &&
  one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.mantine-ScrollArea-root, pre, [role=log]'))
  .map((one) => 'beside the screen: ' + one.outerHTML.slice(0, 200))`;

const phone = { width: 390, height: 844 };
const desk = { width: 1440, height: 900 };

/** How a page has to be opened to be examined: in dark, and without its policy, which would keep axe out. */
export const examined = {
  viewport: desk,
  colorScheme: 'dark',
  bypassCSP: true,
} as const;

/**
 * What axe finds against WCAG 2.2 AA on a page, or in a part of it, as it is now: all of it in dark, and in light what
 * is not the same there, the colours.
 */
export async function examinePage(page: Page, part?: '[role=dialog]' | '[role=menu]'): Promise<string[]> {
  await load(page);
  const inDark = await find(page, everything, part);
  await wear(page, 'light');
  const inLight = await find(page, colours, part);
  await wear(page, 'dark');
  return [...inDark, ...inLight.map((found) => `in light: ${found}`)];
}

/** The same for the width of a phone: what is not the same there, and what is cut off. */
export async function examineOnPhone(page: Page): Promise<string[]> {
  await load(page);
  await page.setViewportSize(phone);
  await page.waitForFunction(`innerWidth === ${phone.width} && ${isStill}`);
  const found = [...(await find(page, room)), ...(await page.evaluate<string[]>(cutOff))];
  await page.setViewportSize(desk);
  return found.map((one) => `on a phone: ${one}`);
}

async function load(page: Page): Promise<void> {
  if (!(await page.evaluate(`'axe' in window`))) await page.evaluate(await axe);
}

const isStill = '!document.getAnimations().some((one) => one instanceof CSSTransition)';

async function wear(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.waitForFunction(
    `document.documentElement.dataset.mantineColorScheme === ${JSON.stringify(colorScheme)} &&
      ${isStill}`,
  );
}

/** Only what is wrong is worked out, not what is right: that takes most of the time. */
function find(page: Page, rules: readonly string[], part = 'html'): Promise<string[]> {
  const options = JSON.stringify({
    runOnly: rules,
    resultTypes: ['violations'],
    selectors: false,
    preload: false,
  });
  return page.evaluate<string[]>(`axe.run('${part}', ${options}).then((result) =>
    result.violations.map((found) => found.id + ': ' + found.nodes.map((node) => node.html).join(' | ')))`);
}
