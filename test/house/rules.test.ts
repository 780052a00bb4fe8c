import { expect, test } from 'vitest';
import { type Rule, rules } from './rules.ts';
import { readSourceFiles, type SourceFile, toSourceFile } from './source-files.ts';

const files = readSourceFiles();
const entries = Object.entries(rules) as [keyof typeof rules, Rule][];

/** For every rule what breaks it: a rule that cannot fail holds nothing. */
const broken: Record<keyof typeof rules, readonly (readonly [path: string, text: string])[][]> = {
  'a package imports only the packages below it': [
    [['packages/slave/src/a.ts', "import { x } from '@longshore/master';"]],
    [['packages/cli/src/a.ts', "import type { x } from '@longshore/runtime';"]],
    [['packages/slave/src/a.ts', "import { x } from '../../master/src/x.ts';"]],
    [['packages/protocol/src/a.ts', "const x = await import('@longshore/runtime');"]],
  ],
  'only main.ts imports a composition root': [
    [['packages/master/src/http/app.ts', "import { startMaster } from '../master.ts';"]],
    [['packages/slave/src/index.ts', "export { startSlave } from './slave.ts';"]],
  ],
  'nothing imports a main.ts': [[['test/a.test.ts', "import '../packages/slave/src/main.ts';"]]],
  'a library stays in its folder': [
    [['packages/master/src/tasks/a.ts', "import { Hono } from 'hono';"]],
    [['packages/slave/src/queue/a.ts', "import { serve } from '@hono/node-server';"]],
    [['packages/master/src/tasks/a.ts', "import { sql } from 'kysely';"]],
    [['packages/slave/src/inbox/a.ts', "import PQueue from 'p-queue';"]],
    [['packages/slave/src/archive/a.ts', "import { extract } from 'tar-stream';"]],
    [['packages/slave/src/executors/a.ts', "import { Open } from 'unzipper/lib/x.js';"]],
    [['packages/slave/src/queue/a.ts', "import Database from 'better-sqlite3';"]],
  ],
  'secrets and what proves them are compared in constant time': [
    [['packages/protocol/src/server/a.ts', 'if (field === contentDigest(body)) return;']],
    [['packages/protocol/src/server/ticket.ts', 'if (claimed !== mac) throw invalid();']],
    [['packages/master/src/accounts/a.ts', 'return row.token_hash == hashApiToken(token);']],
    [['packages/master/src/accounts/a.ts', 'return row.codeHash===given;']],
    [['packages/runtime/src/metrics/is-same-token.ts', 'const same = given === expected.secret;']],
    [['packages/slave/src/http/route-metrics.ts', 'if (bearer !== options.token) refuse();']],
    [['packages/protocol/src/server/a.ts', 'return a.equals(b);']],
    [['packages/protocol/src/server/a.ts', 'return Buffer.compare(a, b) === 0;']],
  ],
  'timingSafeEqual is called in one place, which looks at the lengths first': [
    [['packages/master/src/accounts/a.ts', "import { timingSafeEqual } from 'node:crypto';"]],
  ],
  'the environment is read by config.ts and main.ts only': [
    [['packages/slave/src/queue/a.ts', 'const x = process.env.X;']],
    [['packages/slave/src/queue/config.ts', 'const { X } = process.env;']],
  ],
  'no arrow between the steps of a package points back': [
    [
      ['packages/master/src/tasks/a.ts', "import { b } from '../nodes/b.ts';"],
      ['packages/master/src/nodes/b.ts', "import { c } from '../files/c.ts';"],
      ['packages/master/src/files/c.ts', "import { a } from '../tasks/a.ts';"],
    ],
  ],
  'everything is exported by name': [
    [['packages/cli/src/a.ts', 'export default function () {}']],
    [['packages/cli/src/a.ts', "export * from './b.ts';"]],
  ],
  'files have kebab-case names': [[['packages/cli/src/pickNode.ts', '']], [['packages/cli/src/Node.ts', '']]],
  'no folder is a place for leftovers': [
    [['packages/cli/src/utils/a.ts', '']],
    [['packages/cli/src/helpers.ts', '']],
  ],
  'a file has at most 400 lines': [[['packages/cli/src/a.ts', 'x;\n'.repeat(401)]]],
};

test.for(entries)('%s', ([, rule]) => {
  expect(rule(files)).toEqual([]);
});

test.for(entries)('it is noticed when it is not so that %s', ([name, rule]) => {
  for (const example of broken[name]) {
    const sources: SourceFile[] = example.map(([path, text]) => toSourceFile(path, text));
    expect(rule(sources), JSON.stringify(example)).not.toEqual([]);
  }
});

test('the rules see the whole house', () => {
  const packages = new Set(files.map((file) => file.package));
  for (const name of ['protocol', 'runtime', 'master', 'slave', 'cli']) expect(packages).toContain(name);
  expect(files.flatMap((file) => file.imports).length).toBeGreaterThan(200);
});
