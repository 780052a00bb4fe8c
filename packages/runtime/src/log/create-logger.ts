import { createRequire } from 'node:module';
import { type DestinationStream, type Logger, pino } from 'pino';
import { censored, secretFields } from './redact.ts';

export type { Logger } from 'pino';

export type LogFormat = 'auto' | 'json' | 'pretty';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Logs to standard error: JSON lines, or coloured text for a terminal. */
export function createLogger(options: {
  level: LogLevel;
  /** `auto` is pretty on a terminal. */
  format: LogFormat;
  program: string;
}): Logger {
  const settings = {
    level: options.level,
    base: { program: options.program },
    redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`]), censor: censored },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const isPretty = options.format === 'pretty' || (options.format === 'auto' && process.stderr.isTTY);
  if (!isPretty) return pino(settings, standardError());
  // Most programs log for other programs, and start sooner without it.
  const pretty = createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty');
  return pino(settings, pretty({ destination: standardError(), ignore: 'pid,hostname,program' }));
}

/** Lines that wait for a disk that is full, in characters; more are given up. */
const longestBacklog = 1024 * 1024;

/** A log that cannot be written, because its disk is full or its reader has gone, must not stop what is logged. */
function standardError(): DestinationStream {
  const destination = pino.destination({ fd: 2, sync: true, maxLength: longestBacklog });
  destination.on('error', () => undefined);
  return destination;
}
