import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCatalogue } from '@longshore/protocol';
import { expect, test } from 'vitest';
import { pages } from '../../scripts/docs/pages.ts';
import { repository } from './source-files.ts';

test('P6 every command that a hint names is there', () => {
  const commands = readFileSync(join(repository, 'docs/cli.md'), 'utf8');
  const known = new Set([...commands.matchAll(/^### (.+)$/gm)].map(([, name]) => name));
  const named = Object.values(errorCatalogue).flatMap(({ hint }) =>
    [...hint.matchAll(/`longshore ([a-z -]*[a-z])/g)].map(([, words = '']) => words),
  );
  expect(named.length).toBeGreaterThan(5);
  const unknown = named.filter((words) => {
    const parts = words.split(' ');
    return !parts.some((_, count) => known.has(parts.slice(0, count + 1).join(' ')));
  });
  expect(unknown).toEqual([]);
});

test.for(Object.entries(pages))('P6 %s says what the code says; else run: npm run docs', ([path, page]) => {
  expect(readFileSync(join(repository, path), 'utf8')).toBe(page());
});
