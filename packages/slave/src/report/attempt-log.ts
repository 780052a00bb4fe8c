import { type LogLine, maxLogLines, toAppError } from '@longshore/protocol';
import { censored, type Logger, redactUrls, secretFields } from '@longshore/runtime';

export type LineFields = Readonly<Record<string, string | number | boolean | null>>;

/** A line that has no number yet. */
export type NewLine = Omit<LogLine, 'number'>;

/**
 * The log of one attempt. Every line goes to the log of this program and to the master, where the owner of the task
 * reads it: so it holds nothing that only concerns this machine. What went wrong is given as `err`.
 */
export type AttemptLog = Record<
  'info' | 'warn' | 'error',
  (fields: LineFields & { readonly err?: never }, message: string) => void
> & {
  failure(level: 'warn' | 'error', fields: LineFields, error: unknown, message: string): void;
  /** For lines that are not for the owner of the task. */
  readonly program: Logger;
};

export function createAttemptLog(options: {
  program: Logger;
  nowMs: () => number;
  write: (line: NewLine) => void;
}): AttemptLog {
  const { program, nowMs } = options;
  const write = (level: LogLine['level'], fields: LineFields, message: string): void =>
    options.write({ atMs: Math.round(nowMs()), level, message, fields: redactFields(fields) });
  const writer = (level: LogLine['level']) => (fields: LineFields, message: string) => {
    program[level](fields, message);
    write(level, fields, message);
  };
  return {
    program,
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
    failure: (level, fields, error, message) => {
      const { code, message: reason } = toAppError(error);
      program[level]({ ...fields, code, err: error }, message);
      write(level, { ...fields, code, reason }, message);
    },
  };
}

const longestText = 256;

const redactFields = (fields: LineFields): LogLine['fields'] =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if ((secretFields as readonly string[]).includes(name)) return [name, censored];
      return [
        name,
        typeof value === 'string'
          ? redactUrls(value.slice(0, 4 * longestText))
              .slice(0, longestText)
              .toWellFormed()
          : value,
      ];
    }),
  );

/** Lines of one attempt that wait for a report to travel with; of too many the oldest are given up. */
export type PendingLines = {
  add(line: NewLine): void;
  /** Takes all, with how many were given up before them. */
  take(): { dropped: number; lines: readonly NewLine[] };
};

export function createPendingLines(): PendingLines {
  let lines: NewLine[] = [];
  let dropped = 0;
  return {
    add: (line) => {
      lines.push(line);
      if (lines.length > maxLogLines) {
        lines.shift();
        dropped += 1;
      }
    },
    take: () => {
      const taken = { dropped, lines };
      lines = [];
      dropped = 0;
      return taken;
    },
  };
}
