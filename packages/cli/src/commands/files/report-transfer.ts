import type { Cli } from '../../cli.ts';
import type { Result } from '../../define-command.ts';
import { formatBytes, formatRate, formatSpan, plural } from '../../output/format-values.ts';
import { printable } from '../../output/printable.ts';
import type { TransferReport } from '../../transfer/transfer-report.ts';

/** Failures shown one by one before the rest is only counted. */
const shownFailures = 20;

/** What `put` and `get` say at their end. Failures and skipped entries are named on standard error. */
export function reportTransfer(cli: Cli, verb: string, report: TransferReport): Result<TransferReport> {
  if (!cli.json) nameExceptions(cli, report);
  const rate = report.durationMs > 0 ? ` (${formatRate((report.bytes * 1000) / report.durationMs)})` : '';
  const moved = `${plural(report.files, 'file')}, ${formatBytes(report.bytes)} in ${formatSpan(report.durationMs)}${rate}`;
  const counts = [
    report.files > 0 || report.unchanged + report.failed.length === 0 ? `${verb} ${moved}` : '',
    report.unchanged > 0 ? `${plural(report.unchanged, 'file')} already there` : '',
    report.skipped.length > 0 ? `${report.skipped.length} skipped` : '',
    report.failed.length > 0 ? cli.paint.bad(`${report.failed.length} failed`) : '',
  ].filter((count) => count !== '');
  return {
    json: report,
    text: [`${counts.join('; ')} → ${report.targets.map(printable).join(', ')}`],
    exitCode: report.failed.length > 0 ? 1 : 0,
  };
}

function nameExceptions({ paint, status }: Cli, report: TransferReport): void {
  for (const { from, to } of report.renamed) {
    status.note(`${paint.warn('renamed')} ${printable(from)} → ${printable(to)}`);
  }
  for (const { path, reason } of report.skipped) {
    status.note(`${paint.warn('skipped')} ${printable(path)}: ${reason}`);
  }
  for (const { path, error } of report.failed.slice(0, shownFailures)) {
    status.note(`${paint.bad('failed')} ${printable(path)}: ${error.code}: ${printable(error.message)}`);
    status.note(`  fix: ${error.hint}`);
  }
  const more = report.failed.length - shownFailures;
  if (more > 0) status.note(`… and ${plural(more, 'more failure')}; --json lists all`);
}
