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
  runProgram,
  systemClock,
  type TraceExport,
  trustCertificates,
} from '@longshore/runtime';
import { readMasterConfig } from './config.ts';
import { type Master, startMaster } from './master.ts';

const usage = `Usage: master [-c conf.ini] [--data FOLDER] [--listen ADDRESS] [--check]

Runs a Longshore master with a node on the same machine. Everything has a default.

  -c, --config FILE   the configuration; docs/configuration.md has every key
  --data FOLDER       in place of [Master] DataPath: database, files and keys (default ./data)
  --listen ADDRESS    in place of [System] Listen, such as 127.0.0.1:5212, or :5212 for every address
  --check             read the configuration, print every value and its origin or what is wrong, and exit
  --version           print the version
  -h, --help          print this

LONGSHORE_ADMIN_PASSWORD sets the password of the first administrator; without it, one is generated and printed.
`;

/** Exit codes: 0 stopped as asked, 1 failed while running, 2 wrong usage or configuration, or could not start. */
async function start(flags: ProgramFlags): Promise<void> {
  const { config, warnings } = readMasterConfig({ file: flags.config, overrides: flags });
  if (config.trustedCertificates !== undefined) {
    trustCertificates(config.trustedCertificates, placeOf(config.entries, 'System', 'TrustedCertificates'));
  }
  if (flags.check) {
    const verdict = `${flags.config ?? 'The environment'} is valid.`;
    return print(
      `${[...effectiveConfig(config.entries), '', ...warnings.map((warning) => `warning: ${warning}`), verdict].join('\n')}\n`,
    );
  }

  const log = createLogger({ level: config.logLevel, format: config.logFormat, program: 'master' });
  endOnUncaught(log);
  for (const warning of warnings) log.warn({ warning }, 'configuration');
  const traces = exportTraces({
    endpoint: process.env.OTEL_EXPORTER_OTLP_ENDPOINT || null,
    headers: process.env.OTEL_EXPORTER_OTLP_HEADERS ?? '',
    service: process.env.OTEL_SERVICE_NAME || 'longshore-master',
    log,
  });
  const master = await startMaster(config, log);
  stopOnRequest({ master, traces, log });
  print(welcome(master, config.dataPath));
}

function welcome(master: Master, dataPath: string): string {
  const password =
    master.oneTimePassword === null
      ? []
      : [`  One-time password  ${master.oneTimePassword}   (set your own with ./longshore passwd)`];
  return `
Longshore ${productVersion} is running.

  Address            ${master.url}
  Administrator      admin
${[...password, `  Data               ${dataPath}`].join('\n')}
  To stop            Ctrl+C

Open the address in a browser. Or try, in a second terminal:

  ./longshore login ${master.url} --user admin
  ./longshore put README.md /
  ./longshore compress /README.md --to /hello.zip --wait
  ./longshore --help

The API is described at ${master.url}/api/docs

`;
}

function stopOnRequest({ master, traces, log }: { master: Master; traces: TraceExport; log: Logger }): void {
  onStopSignals({
    clock: systemClock,
    stop: (signal) => {
      log.info({ signal }, 'stopping');
      const stopped = master.stop().then(() => traces.end());
      stopped.then(
        () => process.exit(0),
        (error: unknown) => {
          log.fatal({ err: error }, 'stopping failed');
          process.exit(1);
        },
      );
    },
    // Whoever asks twice does not want to wait.
    stopNow: () => process.exit(1),
  });
}

runProgram({ name: 'master', usage, start });
