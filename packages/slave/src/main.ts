import { setFlagsFromString } from 'node:v8';
import { productVersion } from '@longshore/protocol';
import {
  createLogger,
  effectiveConfig,
  endOnUncaught,
  exportTraces,
  type Logger,
  onStopSignals,
  type ProgramFlags,
  placeOf,
  print,
  readCertificate,
  releaseFreeMemory,
  runProgram,
  systemClock,
  type TraceExport,
  trustCertificates,
} from '@longshore/runtime';
import { readSlaveConfig, type SlaveConfigReading } from './config.ts';
import { reloadConfig } from './reload/reload-config.ts';
import { type Slave, startSlave } from './slave.ts';

const usage = `Usage: slave -c conf.ini [--check] [--listen ADDRESS] [--data FOLDER]

  -c, --config FILE   the configuration, as printed by "longshore nodes add"
  --check             read the configuration, print every value and its origin or what is wrong, and exit
  --listen ADDRESS    in place of [System] Listen, such as 127.0.0.1:5213
  --data FOLDER       in place of [Slave] DataPath
  --version           print the version
  -h, --help          print this

SIGHUP, or an edit of the file, reads the configuration again. SIGTERM lets running work end, up to [System] GracePeriod.
`;

/** Exit codes: 0 stopped as asked, 1 failed while running, 2 wrong usage or configuration, or could not start. */
async function start(flags: ProgramFlags): Promise<void> {
  const read = (): SlaveConfigReading => readSlaveConfig({ file: flags.config, overrides: flags });
  const first = read();
  const { config, entries, warnings } = first;
  if (config.trustedCertificates !== undefined) {
    trustCertificates(config.trustedCertificates, placeOf(entries, 'System', 'TrustedCertificates'));
  }
  if (flags.check) {
    for (const place of config.listen) if (place.type === 'https') readCertificate(place);
    const verdict = `${flags.config ?? 'The environment'} is valid.`;
    return print(
      `${[...effectiveConfig(entries), '', ...warnings.map((warning) => `warning: ${warning}`), verdict].join('\n')}\n`,
    );
  }

  const log = createLogger({ level: config.logLevel, format: config.logFormat, program: 'slave' });
  endOnUncaught(log);
  for (const warning of warnings) log.warn({ warning }, 'configuration');
  const traces = exportTraces({
    endpoint: process.env.OTEL_EXPORTER_OTLP_ENDPOINT || null,
    headers: process.env.OTEL_EXPORTER_OTLP_HEADERS ?? '',
    service: process.env.OTEL_SERVICE_NAME || 'longshore-slave',
    log,
  });
  // Used buffers and records of an archive lie in the heap until it is collected; by itself it grows to twice and four
  // times of what is in use before that (bench/archive/system.ts).
  setFlagsFromString('--heap-growing-percent=40');
  await releaseFreeMemory();
  const slave = await startSlave(first, log);
  let { gracePeriodMs } = config;
  const reloading = reloadConfig({
    file: flags.config,
    first,
    read,
    apply: (next) => {
      slave.reload(next);
      gracePeriodMs = next.config.gracePeriodMs;
    },
    refused: (reason) => slave.reloadRefused(reason),
    log,
  });
  stopOnRequest({ slave, gracePeriodMs: () => gracePeriodMs, log, onStop: reloading.end, traces });
  print(
    `Longshore slave ${productVersion} listens on ${slave.places.join(' and ')}, data in ${config.dataPath}\n`,
  );
  process.send?.({ type: 'listening', port: slave.port });
}

function stopOnRequest(options: {
  slave: Slave;
  gracePeriodMs: () => number;
  log: Logger;
  onStop: () => void;
  traces: TraceExport;
}): void {
  const { slave, traces, log } = options;
  let stopping = false;
  const stop = (why: string, how: { graceMs: number; giveBack: boolean }): void => {
    if (stopping) return;
    stopping = true;
    options.onStop();
    log.info({ why, ...how }, 'stopping');
    const stopped = slave.stop(how).then(() => traces.end());
    stopped.then(
      () => process.exit(0),
      (error: unknown) => {
        log.fatal({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  onStopSignals({
    clock: systemClock,
    stop: (signal) => stop(signal, { graceMs: options.gracePeriodMs(), giveBack: true }),
    // Whoever asks twice does not want to wait.
    stopNow: () => process.exit(1),
  });
  // The master that started this node is gone, so nobody can take work back; its successor starts a new node, which
  // goes on with the journal and must find the folder free.
  process.on('disconnect', () => {
    if (!stopping) stop('the master is gone', { graceMs: 0, giveBack: false });
  });
}

runProgram({ name: 'slave', usage, start });
