import { parseArgs } from 'node:util';
import { AppError, productVersion } from '@longshore/protocol';
import { createLogger, onStopSignals, systemClock } from '@longshore/runtime';
import { readSlaveConfig, type SlaveConfig } from './config.ts';
import { type Slave, startSlave } from './slave.ts';

const usage = `Usage: slave -c conf.ini [--check] [--listen ADDRESS] [--data FOLDER]

  -c, --config FILE   the configuration, as printed by "longshore nodes add"
  --check             read the configuration, say what is wrong with it, and exit
  --listen ADDRESS    in place of [System] Listen, such as 127.0.0.1:5213
  --data FOLDER       in place of [Slave] DataPath
  --version           print the version
  --help              print this
`;

/** Exit codes: 0 stopped as asked, 1 failed while running, 2 wrong usage or configuration, or could not start. */
async function main(): Promise<void> {
  const flags = readFlags();
  if (flags.help) return print(usage);
  if (flags.version) return print(`Longshore slave ${productVersion}\n`);
  const { config, warnings } = readSlaveConfig({ file: flags.config, overrides: flags });
  if (flags.check)
    return print(`${[...warnings, `${flags.config ?? 'The environment'} is valid.`].join('\n')}\n`);

  const log = createLogger({ level: config.logLevel, format: config.logFormat, program: 'slave' });
  for (const warning of warnings) log.warn({ warning }, 'configuration');
  const slave = await startSlave(config, log);
  stopOnRequest(slave, config, log);
  print(
    `Longshore slave ${productVersion} listens on ${config.listen.host ?? ''}:${slave.port}, data in ${config.dataPath}\n`,
  );
  process.send?.({ type: 'listening', port: slave.port });
}

function readFlags() {
  try {
    return parseArgs({
      options: {
        config: { type: 'string', short: 'c' },
        check: { type: 'boolean' },
        listen: { type: 'string' },
        data: { type: 'string' },
        version: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('BAD_REQUEST', `${reason}\n\n${usage}`, { cause });
  }
}

function stopOnRequest(
  slave: Slave,
  { gracePeriodMs }: SlaveConfig,
  log: ReturnType<typeof createLogger>,
): void {
  let stopping = false;
  const stop = (why: string, how: { graceMs: number; giveBack: boolean }): void => {
    if (stopping) return;
    stopping = true;
    log.info({ why, ...how }, 'stopping');
    slave.stop(how).then(
      () => process.exit(0),
      (error: unknown) => {
        log.fatal({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  onStopSignals({
    clock: systemClock,
    stop: (signal) => stop(signal, { graceMs: gracePeriodMs, giveBack: true }),
    // Whoever asks twice does not want to wait.
    stopNow: () => process.exit(1),
  });
  // The master that started this node is gone, so nobody can take work back; its successor starts a new node, which
  // goes on with the journal and must find the folder free.
  process.on('disconnect', () => {
    if (!stopping) stop('the master is gone', { graceMs: 0, giveBack: false });
  });
}

function print(text: string): void {
  process.stdout.write(text);
}

main().catch((error: unknown) => {
  const text =
    error instanceof AppError
      ? `${error.code}: ${error.message}\n→ ${error.hint}\n`
      : `INTERNAL: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
  process.stderr.write(text);
  process.exit(2);
});
