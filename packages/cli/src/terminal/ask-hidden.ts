import { CommandError } from '../errors/command-error.ts';
import type { Io } from './io.ts';

const enter = new Set(['\r', '\n']);
const erase = new Set(['\u007f', '\b']);

/** Asks on the terminal without showing what is typed. Without a terminal there is nobody to ask: `USAGE`. */
export async function askHidden(io: Io, question: string): Promise<string> {
  const { stdin, stderr } = io;
  if (stdin.isTTY !== true || stdin.setRawMode === undefined) {
    throw CommandError.local('USAGE', 'there is no terminal to ask for the password', {
      hint: 'Pass --password-stdin and write the password to standard input.',
    });
  }
  stderr.write(question);
  stdin.setRawMode(true);
  try {
    return await readLine(stdin);
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}

function readLine(stdin: Io['stdin']): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed: string[] = [];
    const settle = (done: () => void): void => {
      stdin.off('data', onData);
      stdin.off('end', onEnd);
      done();
    };
    const interrupted = (): CommandError => CommandError.local('INTERRUPTED', 'no password was given');
    const onEnd = (): void => settle(() => reject(interrupted()));
    const onData = (chunk: Buffer | string): void => {
      for (const key of chunk.toString()) {
        if (enter.has(key) || key === '\u0003' || key === '\u0004') {
          settle(() => (enter.has(key) ? resolve(typed.join('')) : reject(interrupted())));
          return;
        }
        if (erase.has(key)) typed = typed.slice(0, -1);
        else if (key === '\u0015') typed = [];
        else if (key >= ' ') typed.push(key);
      }
    };
    stdin.on('data', onData);
    stdin.on('end', onEnd);
    stdin.resume();
  });
}
