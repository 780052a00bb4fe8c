import { PassThrough, Readable, Writable } from 'node:stream';
import { runCli } from '../run-cli.ts';

export type Ran = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/** Runs a command line in this process, with its streams kept apart, as a script would run it. */
export async function run(
  argv: readonly string[],
  options: { env: Record<string, string | undefined>; stdin?: string; signal?: AbortSignal },
): Promise<Ran> {
  const collect = (chunks: string[]): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk.toString());
        done();
      },
    });
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await runCli(argv, {
    io: {
      stdin: options.stdin === undefined ? new PassThrough().end() : Readable.from([options.stdin]),
      stdout: collect(out),
      stderr: collect(err),
    },
    env: options.env,
    signal: options.signal ?? new AbortController().signal,
    nowMs: () => performance.now(),
  });
  return { exitCode, stdout: out.join(''), stderr: err.join('') };
}
