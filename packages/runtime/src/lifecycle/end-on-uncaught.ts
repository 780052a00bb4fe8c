import { AppError, toAppError } from '@longshore/protocol';
import type { Logger } from '../log/create-logger.ts';

/**
 * Ends the program with 1 after an error that nobody has handled, rejected promises included, once it is in the log:
 * what such an error has left half done is unknown, and whoever supervises the program starts it again from what is on
 * the disk.
 */
export function endOnUncaught(log: Logger): void {
  process.on('uncaughtException', (thrown: unknown, origin) => {
    const { code } = toAppError(thrown);
    const err = thrown instanceof Error ? thrown : new AppError(code, String(thrown));
    log.fatal({ err, code, origin }, 'the program ends: an error was not handled');
    process.exit(1);
  });
}
