/**
 * `npm run screenshots`: pictures of every page, wide and narrow, light and dark, in `screenshots`. Sets up what it
 * needs first. Plain JavaScript for Node 20, because it runs before the set-up.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setUp } from './set-up.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node = await setUp('everything');
const run = (command, args) => spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status ?? 1;
process.exitCode =
  run('sh', [join(root, 'scripts', 'system-programs.sh')]) ||
  run(node, [join(root, 'test', 'browser', 'take-screenshots.ts'), ...process.argv.slice(2)]);
