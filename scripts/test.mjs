/**
 * `npm test`: everything that must hold, in a fresh clone, by itself. Sets up the packages and the programs of the
 * system that the tests use, then lints, checks the types and runs all tests. Arguments go to vitest:
 * `npm test -- --project unit packages/slave`. Plain JavaScript for Node 20, because it runs before the set-up.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetUpError, setUp } from './set-up.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const shownFiles = 6;

async function main(vitestArgs) {
  await setUp('everything');
  if ((await run('sh', [join(root, 'scripts', 'system-programs.sh')], process.env)) !== 0) return 1;
  const scratch = mkdtempSync(join(tmpdir(), 'longshore-test-'));
  const report = join(scratch, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const steps = [
    ['format and lint', 'biome', ['ci', ...(process.stdout.isTTY ? [] : ['--colors=off']), '.']],
    ['promises', 'oxlint', ['--type-aware']],
    ['types', 'tsc', ['--noEmit']],
    ...ownProjects().map((path) => [`types of ${path}`, 'tsc', ['--noEmit', '-p', path]]),
    ['tests', 'vitest', ['run', ...reporters, ...vitestArgs]],
  ];
  const summary = [];
  let failed = false;
  for (const [name, command, args] of steps) {
    process.stdout.write(`\n── ${name}\n`);
    const startedMs = Date.now();
    const code = await run(command, args, testEnvironment());
    failed ||= code !== 0;
    const seconds = Math.round((Date.now() - startedMs) / 1000);
    summary.push(`${code === 0 ? 'ok    ' : 'FAILED'}  ${name} (${seconds} s)`);
  }
  const result = readReport(report);
  rmSync(scratch, { recursive: true, force: true });
  const count = countTests(result);
  if (count.skipped > 0) summary.push(`${count.skipped} tests skipped`);
  summary.push(...slowestFiles(result), ...failures(result));
  process.stdout.write(`\n${summary.join('\n')}\n\n${count.passed} passed, ${count.failed} failed\n`);
  return failed || count.failed > 0 ? 1 : 0;
}

/** Packages with settings of their own for the compiler, such as one for browsers. */
const ownProjects = () =>
  readdirSync(join(root, 'packages'))
    .map((name) => `packages/${name}`)
    .filter((path) => existsSync(join(root, path, 'tsconfig.json')));

/** The pinned programs first, and none of the variables that configure Longshore: tests set their own. */
function testEnvironment() {
  const own = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('LONGSHORE_') || name === 'LONGSHORE_CORPUS',
  );
  const modules = join(root, 'node_modules');
  const path = [join(modules, '.set-up'), join(modules, '.bin'), process.env.PATH].join(delimiter);
  return { ...Object.fromEntries(own), PATH: path };
}

function run(command, args, env) {
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  // Ctrl+C reaches the child too; this process stays to report how it ended.
  const wait = () => {};
  const forward = (signal) => child.kill(signal);
  process.on('SIGINT', wait).on('SIGTERM', forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('SIGINT', wait).off('SIGTERM', forward);
      resolve(code ?? 1);
    });
  });
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

const hasFailedTest = (file) => file.assertionResults.some((test) => test.status === 'failed');
const isBroken = (file) => file.status === 'failed' && !hasFailedTest(file);
const inRoot = (path) => relative(root, path);

/** A test file that could not be run at all counts as one failed test, and so does a report that was not written. */
function countTests(result) {
  if (result === null) return { passed: 0, failed: 1, skipped: 0 };
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests + result.testResults.filter(isBroken).length,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

/** Where the time goes, since the whole has to stay short. */
function slowestFiles(result) {
  if (result === null) return [];
  const files = result.testResults
    .map((file) => ({ path: inRoot(file.name), seconds: Math.round((file.endTime - file.startTime) / 1000) }))
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, shownFiles);
  return [`slowest: ${files.map(({ path, seconds }) => `${path} ${seconds} s`).join(', ')}`];
}

/** Again at the very end, where a log that was cut off still shows them. */
function failures(result) {
  if (result === null) return ['the tests ended without a report'];
  return result.testResults.flatMap((file) => [
    ...(isBroken(file) ? [`FAILED  ${inRoot(file.name)}: ${inShort(file.message)}`] : []),
    ...file.assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => `FAILED  ${inRoot(file.name)}: ${test.fullName}: ${inShort(test.failureMessages[0])}`),
  ]);
}

const shownLines = 8;

/** What was wrong and where: a log that was cut off shows no more. */
function inShort(message = '') {
  const lines = message.split('\n');
  const isFrame = (line) => /^\s+at .*:\d+:\d+\)?$/.test(line);
  const said = lines.filter((line) => line.trim() !== '' && !isFrame(line)).slice(0, shownLines);
  const isOurs = (line) => line.includes(`${root}/`) && !line.includes('node_modules');
  const frames = lines.filter((line) => isFrame(line) && isOurs(line)).slice(0, 2);
  return [...said, ...frames.map((frame) => `    ${frame.trim().replace(`${root}/`, '')}`)].join('\n');
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetUpError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 3;
}
