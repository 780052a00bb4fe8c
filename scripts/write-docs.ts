/** `npm run docs`: writes the pages of the documentation that say what the code says. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pages } from './docs/pages.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
for (const [path, page] of Object.entries(pages)) {
  writeFileSync(join(root, path), page());
  console.log(path);
}
