import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pages } from '../../scripts/docs/pages.ts';
import { repository } from './source-files.ts';

test.for(Object.entries(pages))('P6 %s says what the code says; else run: npm run docs', ([path, page]) => {
  expect(readFileSync(join(repository, path), 'utf8')).toBe(page());
});
