import { unwatchFile, watchFile } from 'node:fs';
import { AppError } from '@longshore/protocol';
import type { ConfigEntry, Logger } from '@longshore/runtime';
import type { SlaveConfig, SlaveConfigReading } from '../config.ts';
import { configChanges, type SettingInForce, settingsInForce } from './config-changes.ts';

/** An edit is noticed by looking: editors and orchestrators replace the file in ways that a watch loses. */
const lookEveryMs = 1000;

/**
 * Reads the configuration again at SIGHUP and after an edit of the file, and applies it. One that is refused changes
 * nothing. The log tells what is in force, what needs a restart, or what is wrong.
 */
export function reloadConfig(options: {
  file: string | undefined;
  first: SlaveConfigReading;
  read(): SlaveConfigReading;
  /** Throws when it cannot be applied; then nothing has changed. `entries` are those in force afterwards. */
  apply(next: { config: SlaveConfig; entries: readonly SettingInForce[] }): void;
  /** An edit changes nothing, for a reason that people are told. */
  refused(reason: string): void;
  log: Logger;
}): { end(): void } {
  const { file, read, apply, refused, log } = options;
  /** What the process was started with, except for what was reloaded since. */
  let inForce: readonly ConfigEntry[] = options.first.entries;

  const reload = (why: 'SIGHUP' | 'edit'): void => {
    try {
      const reading = read();
      const { reloaded, needRestart } = configChanges(inForce, reading.entries);
      const settings = settingsInForce({ before: inForce, reading: reading.entries, file });
      apply({ config: reading.config, entries: settings });
      for (const warning of reading.warnings) log.warn({ warning }, 'configuration');
      log.info({ why, reloaded }, 'configuration reloaded');
      if (needRestart.length > 0) log.warn({ needRestart }, 'some changes need a restart of the slave');
      // One that was added is not in force, and differs from the next reading again.
      const present = new Set(inForce.map(({ section, key }) => `${section} ${key}`));
      inForce = settings.filter(({ section, key }) => present.has(`${section} ${key}`));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      refused(error.message);
      log.error(
        { why, code: error.code, reason: error.message },
        'configuration not reloaded, the old values stay',
      );
    }
  };

  const onHangUp = (): void => reload('SIGHUP');
  process.on('SIGHUP', onHangUp);
  const onLook = (now: { mtimeMs: number; ino: number }, before: { mtimeMs: number; ino: number }): void => {
    // A file that is being replaced is gone for a moment.
    if (now.mtimeMs !== 0 && (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino)) reload('edit');
  };
  if (file !== undefined) watchFile(file, { interval: lookEveryMs, persistent: false }, onLook);
  return {
    end: () => {
      process.off('SIGHUP', onHangUp);
      if (file !== undefined) unwatchFile(file, onLook);
    },
  };
}
