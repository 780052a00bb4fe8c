import { CommandError } from '../errors/command-error.ts';
import { stopsEverything } from './stops-everything.ts';
import type { TransferReport } from './transfer-report.ts';

/** Adds one file's failure to the report. What would meet every other file too is thrown instead. */
export function recordFailure(report: TransferReport, path: string, thrown: unknown): void {
  const error = CommandError.from(thrown);
  if (stopsEverything(error)) throw error;
  const { requestId: _, ...info } = error.toErrorBody().error;
  report.failed.push({ path, error: info });
}
