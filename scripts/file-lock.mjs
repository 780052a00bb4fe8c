import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until this process alone holds the lock file, and resolves to the function that gives it back. A lock
 * whose process has died is taken over. Of those who notice that, only the one that creates the folder named after
 * the dead holder may remove its lock, so that nobody removes the lock of a living one. `onWait` is called once,
 * with the process that is waited for.
 */
export async function acquireFileLock(path, onWait) {
  const own = { pid: process.pid, started: startOf(process.pid), token: randomBytes(8).toString('hex') };
  for (let told = false; ; await sleep(100)) {
    if (tryCreate(path, own)) return () => rmSync(path, { force: true });
    const holder = readHolder(path);
    if (holder === undefined) continue;
    if (!isAlive(holder)) {
      removeStale(path, holder);
    } else if (!told) {
      told = true;
      onWait(holder.pid);
    }
  }
}

/** A link appears with its whole content, so that nobody reads half a lock. */
function tryCreate(path, own) {
  const draft = `${path}.${own.token}`;
  writeFileSync(draft, JSON.stringify(own));
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft);
  }
}

/** Undefined when the lock has just been given back. */
function readHolder(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function removeStale(path, holder) {
  try {
    mkdirSync(join(tmpdir(), `longshore-stale-lock-${holder.token}`));
  } catch (error) {
    if (error.code === 'EEXIST') return;
    throw error;
  }
  rmSync(path, { force: true });
}

function isAlive(holder) {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
  }
  return startOf(holder.pid) === holder.started;
}

/** When a process started, so that a later process of the same number is told apart; empty where nobody says. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
