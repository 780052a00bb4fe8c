import type { Api } from '../../api/api.ts';
import type { Cli } from '../../cli.ts';
import { progressBar } from '../../output/progress-bar.ts';
import { createByteClient } from '../../transfer/byte-client.ts';
import type { TransferMeans } from '../../transfer/transfer-means.ts';
import { createTransferMeter } from '../../transfer/transfer-meter.ts';
import type { TransferReport } from '../../transfer/transfer-report.ts';

/** Runs a transfer with its connections, its clock and its progress bar; `work` fills the report. */
export async function runTransfer(
  cli: Cli,
  transfer: { api: Api; label: string; targets: string[]; parallel: number },
  work: (means: TransferMeans, report: TransferReport) => Promise<void>,
): Promise<TransferReport> {
  const { api, label, parallel } = transfer;
  const counts = { files: 0, bytes: 0, folders: 0, unchanged: 0, durationMs: 0 };
  const report: TransferReport = {
    targets: transfer.targets,
    ...counts,
    renamed: [],
    skipped: [],
    failed: [],
  };
  const startedAtMs = cli.nowMs();
  const client = createByteClient(api, { parallel, signal: cli.signal });
  const means: TransferMeans = {
    api,
    client,
    parallel,
    signal: cli.signal,
    createMeter: ({ bytes, files }) =>
      createTransferMeter({ label, bytesTotal: bytes, filesTotal: files, nowMs: cli.nowMs }),
    onProgress: (meter) => {
      if (!cli.json) cli.status.show((columns) => progressBar(meter.state(), columns));
    },
  };
  try {
    await work(means, report);
  } finally {
    client.close();
    cli.status.clear();
  }
  report.durationMs = Math.round(cli.nowMs() - startedAtMs);
  return report;
}
