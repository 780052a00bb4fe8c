import type { Readable, Writable } from 'node:stream';

type Maybe<T> = T | undefined;

/** The three streams of the process, as narrow as the command line uses them; tests pass their own. */
export type Output = Writable & { isTTY?: Maybe<boolean>; columns?: Maybe<number> };
export type Input = Readable & { isTTY?: Maybe<boolean>; setRawMode?: Maybe<(raw: boolean) => unknown> };
export type Io = { readonly stdin: Input; readonly stdout: Output; readonly stderr: Output };

export const columnsOf = (output: Output): number => Math.max(20, output.columns ?? 80);
