import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = '/sys/fs/cgroup';
const periodUs = 10_000;

/**
 * Gives a process no more than a share of one core, whatever else is idle, by a control group of its own. Needs root.
 * Answers how to take the group away once the process has ended.
 */
export function limitCpu(pid: number, share: number): () => void {
  const isUnified = existsSync(join(root, 'cgroup.controllers'));
  const group = join(root, isUnified ? '' : 'cpu', `longshore-bench-${pid}`);
  mkdirSync(group);
  const quotaUs = Math.round(periodUs * share);
  const limits: Record<string, string> = isUnified
    ? { 'cpu.max': `${quotaUs} ${periodUs}` }
    : { 'cpu.cfs_period_us': String(periodUs), 'cpu.cfs_quota_us': String(quotaUs) };
  for (const [name, value] of Object.entries(limits)) writeFileSync(join(group, name), value);
  writeFileSync(join(group, 'cgroup.procs'), String(pid));
  return () => rmdirSync(group);
}
