import type { TaskLogLine } from '@longshore/protocol';
import { formatClock, formatExact } from '../../format/format-times.ts';
import { t } from '../../language/language.ts';
import classes from './tasks.module.css';

/** One line: when, how serious, where, what, and what it is about. On a phone it breaks into two. */
export function LogRow({ line, withPart }: { line: TaskLogLine; withPart: boolean }) {
  return (
    <div className={classes.logRow} data-level={line.level}>
      <time
        className={classes.logTime}
        dateTime={new Date(line.atMs).toISOString()}
        title={formatExact(line.atMs)}
      >
        {formatClock(line.atMs)}
      </time>
      <span className={classes.logLevel}>{t(`log.short.${line.level}`)}</span>
      <span className={classes.logNode}>
        {line.node}
        {withPart && ` #${line.part + 1}`}
      </span>
      <span className={classes.logText}>
        {line.message}
        {Object.entries(line.fields).map(([name, value]) => (
          <span key={name} className={classes.logField}>
            {' '}
            {name}={String(value)}
          </span>
        ))}
      </span>
    </div>
  );
}

/** The line for a bug report. */
export const logLineText = (line: TaskLogLine): string =>
  [
    new Date(line.atMs).toISOString(),
    line.level,
    `${line.node}/${line.part}/${line.attempt}`,
    line.message,
    ...Object.entries(line.fields).map(([name, value]) => `${name}=${String(value)}`),
  ].join(' ');
